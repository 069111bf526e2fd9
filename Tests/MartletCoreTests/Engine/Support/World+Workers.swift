import MartletCore

/// A worker as the engine meets it.
extension World {
  /// Connects a worker and gives it credit.
  @discardableResult
  func connect(
    _ instance: String = "w1", name: String = "worker", kinds: Set<String> = ["remote"],
    pools: Set<String> = [], labels: LabelSet = .none, credit: Int = 10, held: [Lease] = []
  ) throws -> WorkerWelcome {
    let hello = WorkerHello(
      identity: WorkerIdentity(name: name, instance: instance), kinds: kinds, pools: pools,
      labels: labels, slots: credit, held: held)
    guard case .worker(let welcome) = try run(.worker(.connect(hello))) else {
      preconditionFailure("a worker that comes is welcomed")
    }
    if credit > 0 { try run(.worker(.credit(welcome.worker, more: credit, seen: nil))) }
    return welcome
  }

  /// Offers since the last call; other notices are put aside.
  func offers() -> [Offer] {
    notices().compactMap { if case .offer(let offer) = $0 { offer } else { nil } }
  }

  func notices() -> [WorkerNotice] { pipeline.takeNotices() }

  @discardableResult
  func accept(_ offers: [Offer]) throws -> [LostLease] {
    guard let worker = offers.first?.worker else { return [] }
    return try lost(.accept(worker, offers.map(\.lease)))
  }

  func lost(_ command: WorkerCommand) throws -> [LostLease] {
    try report(command).lost
  }

  func report(_ command: WorkerCommand) throws -> LeaseReport {
    guard case .leases(let report) = try run(.worker(command)) else {
      preconditionFailure("what is said of leases is answered with a report")
    }
    return report
  }

  func finish(_ lease: Lease, data: [UInt8] = []) throws {
    try finish(lease, .succeeded(TaskResult(data: data, contentType: "")))
  }

  func finish(_ lease: Lease, _ outcome: AttemptOutcome) throws {
    let end = LeaseOutcome(lease: lease, outcome: outcome)
    guard case .finished(let refusals) = try run(.worker(.finish([end]))) else {
      preconditionFailure("finishes are answered one by one")
    }
    if let refusal = refusals[0] { throw refusal }
  }

  static let broken = AttemptOutcome.failed(
    kind: .handler, code: "", message: "it broke", retryable: true)
}

extension TaskDraft {
  static func remote(_ kind: String = "remote", selector: LabelSet = .none) -> TaskDraft {
    TaskDraft(kind: kind, selector: selector)
  }
}
