/// Grants to calls that are held, and what fenced attempts left taken: when each ends, and which
/// call and which request it was for.
struct CallGrants: Sendable {
  struct Hold: Sendable {
    var expires: Elapsed
    /// The call, as long as it may still give up what it was granted.
    var waiter: PermitWaiter?
  }

  private struct Request: Hashable, Sendable {
    var owner: String
    var request: String
  }

  private(set) var holds: [PermitID: Hold] = [:]
  private var waiters: [PermitWaiter: PermitID] = [:]
  private var requests: [Request: PermitID] = [:]

  /// - Returns: Whether it was not held before.
  mutating func hold(_ id: PermitID, until expires: Elapsed) -> Bool {
    let isNew = holds[id] == nil
    holds[id, default: Hold(expires: expires)].expires = expires
    return isNew
  }

  mutating func isGranted(_ id: PermitID, to waiter: PermitWaiter) {
    guard let before = holds[id] else { return }
    if let old = before.waiter { waiters[old] = nil }
    holds[id]?.waiter = waiter
    waiters[waiter] = id
  }

  func grant(to waiter: PermitWaiter) -> PermitID? { waiters[waiter] }

  mutating func knows(_ record: PermitRecord) {
    if record.request.isEmpty { return }
    requests[Request(owner: record.owner, request: record.request)] = record.id
  }

  func grant(request: String, of owner: String) -> PermitID? {
    requests[Request(owner: owner, request: request)]
  }

  /// There is no such grant any more.
  mutating func forget(_ id: PermitID) {
    if let waiter = holds.removeValue(forKey: id)?.waiter { waiters[waiter] = nil }
  }

  mutating func forget(_ record: PermitRecord) {
    forget(record.id)
    let request = Request(owner: record.owner, request: record.request)
    if requests[request] == record.id { requests[request] = nil }
  }
}
