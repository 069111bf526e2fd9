import Testing

@testable import MartletCore

extension World {
  @discardableResult
  func limit(
    _ name: String, _ rule: LimitRule, pools: [String] = [], kinds: [String] = [],
    key: String = ""
  ) throws(Refusal) -> LimitView {
    let spec = LimitSpec(rule: rule, pools: pools, kinds: kinds, keyLabel: key)
    guard case .limit(let view) = try run(.limit(.create(name: name, spec, origin: Self.user)))
    else { preconditionFailure("not a limit") }
    return view
  }

  @discardableResult
  func limit(
    _ rule: LimitRule, pools: [String] = [], kinds: [String] = [], key: String = ""
  ) throws(Refusal) -> LimitView {
    try limit("l", rule, pools: pools, kinds: kinds, key: key)
  }

  func change(_ name: String = "l", _ change: @escaping @Sendable (inout LimitSpec) -> Void) throws
  {
    try run(.limit(.update(name: name, expected: nil, change: change, origin: Self.user)))
  }

  func look(_ name: String = "l", key: String = "") throws -> LimitView {
    guard case .limit(let view) = try see(.limit(name, key: key)) else {
      preconditionFailure("not a limit")
    }
    return view
  }

  /// nil: the call stands in line.
  func permits(
    _ limit: String = "l", key: String = "", units: Int = 1, owner: String = "o",
    lease: Span = .seconds(10), wait: Span = .zero, request: String = "", waiter: UInt64 = 1
  ) throws(Refusal) -> PermitView? {
    let claim = PermitClaim(
      limit: limit, key: key, units: units, owner: owner, lease: lease, wait: wait,
      request: request)
    let answer = try run(
      .permits(.acquire(claim, by: PermitWaiter(rawValue: waiter), origin: Self.user)))
    guard case .permits(let view) = answer else { preconditionFailure("not permits") }
    return view
  }

  func giveBack(_ view: PermitView) throws {
    try run(
      .permits(
        .release(
          PermitGrant(limit: view.limit, owner: view.record.owner, token: view.record.id.token),
          origin: Self.user)))
    settle()
  }

  /// Goes on until nothing is left to do at this moment.
  func settle() {
    for _ in 0..<10_000 where engine.isUnsettled { tick() }
  }

  /// What calls that stood in line have been told.
  func permitted() -> [UInt64: String] {
    var told: [UInt64: String] = [:]
    for notice in pipeline.takePermitNotices() {
      told[notice.waiter.rawValue] =
        switch notice.outcome {
        case .granted: "granted"
        case .timedOut: "timed out"
        case .refused: "refused"
        }
    }
    return told
  }

  func submitFor(_ customer: String, to pool: String = "p", kind: String = "work") throws -> TaskID
  {
    try submitOne(
      TaskDraft(kind: kind, labels: LabelSet(["customer": customer])), to: pool)
  }

  func runs(_ id: TaskID) -> Bool { task(id)?.state == .running }
}
