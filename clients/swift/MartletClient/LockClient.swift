internal import MartletRPC

/// Named locks with leases and fencing tokens. Got from `MartletClient.locks`.
///
/// ```swift
/// try await martlet.locks.withLock("nightly") { lock in
///   try await database.write(report, token: lock.token)
/// }
/// ```
public struct LockClient: Sendable {
  let runner: CallRunner

  /// The longest that a call may wait in line.
  public static let waitMax = Duration.seconds(86_400)

  /// Takes a lock, or waits for it. Throws `.lockHeld` (ABORTED) if it was not to be had in time.
  /// Repeated by itself while the server cannot be reached; it counts once then, too.
  ///
  /// - Parameters:
  ///   - owner: Who is to hold it: 1 to 255 bytes. The holder itself counts once more.
  ///   - lease: How long the holder may be silent: 1 s to 24 h.
  ///   - wait: How long to wait in line, at most 24 h; zero: not at all.
  @discardableResult
  public func acquire(
    _ name: String, owner: String, lease: Duration = .seconds(15), wait: Duration = .zero
  ) async throws -> Reply<API.Lock> {
    let request = API.AcquireLockRequest(
      name: name, owner: owner, lease: WellKnown.Duration(lease), wait: WellKnown.Duration(wait),
      requestId: RequestID.random())
    var patient = runner.configuration
    patient.timeout = patient.timeout.map { $0 + wait }
    let response: API.AcquireLockResponse = try await self.runner(patient).unary(
      API.LockServiceMethods.acquireLock, request, repeats: .always)
    return try reply(response.lock, response.cursor)
  }

  /// The lease begins anew. Throws `.lockNotHeld` (FAILED_PRECONDITION) if owner and token are not
  /// those of the holder: stop what is done under the lock.
  @discardableResult
  public func renew(
    _ name: String, owner: String, token: UInt64
  ) async throws -> Reply<API.Lock> {
    let response: API.RenewLockResponse = try await runner.unary(
      API.LockServiceMethods.renewLock,
      API.RenewLockRequest(name: name, owner: owner, token: token), repeats: .always)
    return try reply(response.lock, response.cursor)
  }

  /// Takes one off the count; at 0 the lock is free. Throws `.lockNotHeld`. Not repeated by itself:
  /// a second one would take off another.
  @discardableResult
  public func release(
    _ name: String, owner: String, token: UInt64
  ) async throws -> Reply<API.Lock> {
    let response: API.ReleaseLockResponse = try await runner.unary(
      API.LockServiceMethods.releaseLock,
      API.ReleaseLockRequest(name: name, owner: owner, token: token), repeats: .never)
    return try reply(response.lock, response.cursor)
  }

  /// NOT_FOUND (`.lockNotFound`) if nobody holds it.
  public func get(_ name: String) async throws -> Reply<API.Lock> {
    let response: API.GetLockResponse = try await runner.unary(
      API.LockServiceMethods.getLock, API.GetLockRequest(name: name), repeats: .always)
    return try reply(response.lock, response.cursor)
  }

  /// A page of the locks that are held, by name; with the token of the next page, empty without
  /// one.
  public func list(
    namePrefix: String = "", owner: String = "", pageSize: Int = 0, pageToken: String = ""
  ) async throws -> (locks: [API.Lock], nextPageToken: String) {
    let request = API.ListLocksRequest(
      namePrefix: namePrefix, owner: owner, pageSize: Int32(clamping: pageSize),
      pageToken: pageToken)
    let response: API.ListLocksResponse = try await runner.unary(
      API.LockServiceMethods.listLocks, request, repeats: .always)
    return (response.locks, response.nextPageToken)
  }

  /// Takes a lock from its holder, whatever its count; tells it as it was. Throws `.lockNotFound`,
  /// and `.lockNotHeld` with a token that is not the holder's. Not repeated by itself.
  ///
  /// - Parameter token: Break that grant only; 0: whoever holds it.
  @discardableResult
  public func breakLock(
    _ name: String, token: UInt64 = 0, reason: String = ""
  ) async throws -> Reply<API.Lock> {
    let response: API.BreakLockResponse = try await runner.unary(
      API.LockServiceMethods.breakLock,
      API.BreakLockRequest(name: name, token: token, reason: reason), repeats: .never)
    return try reply(response.lock, response.cursor)
  }

  func runner(_ configuration: MartletClient.Configuration) -> CallRunner {
    CallRunner(channel: runner.channel, target: runner.target, configuration: configuration)
  }

  private func reply(_ lock: API.Lock?, _ cursor: String) throws -> Reply<API.Lock> {
    try Reply(lock, cursor: cursor, of: "lock", target: runner.target)
  }
}
