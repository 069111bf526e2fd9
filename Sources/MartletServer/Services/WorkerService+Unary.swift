import MartletAPI
import MartletCore
import MartletProtobuf
import MartletRPC

/// The same leases for clients that cannot hold a stream open.
extension WorkerService {
  private static let waitMax = Span.seconds(60)

  func leaseTasks(
    _ request: API.LeaseTasksRequest, context: CallContext
  ) async throws -> API.LeaseTasksResponse {
    try await desk.answer(context) {
      var hello = try RequestCheck.hello(request.worker, "worker", limits: node.limits)
      // Each poll is no new beginning: what was leased before goes on.
      hello.held = nil
      try RequestCheck.count(Int(request.maxTasks), "max_tasks", max: 1_000)
      let wait = try RequestCheck.wait(request.wait, max: Self.waitMax)
      return try await withWorker(hello, context) { welcome, outbox in
        let assigns = try await assignments(
          for: welcome.worker, upTo: Int(request.maxTasks), within: wait, outbox, context)
        return .init(
          workerId: welcome.worker.description, assigns: assigns,
          leaseLength: .init(welcome.leaseLength))
      }
    }
  }

  /// Asks for tasks, waits for the first of them, and accepts all that are there then.
  private func assignments(
    for id: WorkerID, upTo count: Int, within wait: Span, _ outbox: WorkerOutbox,
    _ context: CallContext
  ) async throws -> [API.Assign] {
    let credit = Command.worker(.credit(id, more: count, seen: nil))
    _ = try await node.perform(credit, on: context.loop)
    let timer = Task {
      try? await Task.sleep(for: .nanoseconds(wait.nanoseconds))
      outbox.end()
    }
    defer { timer.cancel() }
    let offers = (try await outbox.next() ?? []).offers + outbox.takeAll().offers
    let offered = await node.assigns(offers)
    let leases = offered.compactMap { Lease($0.lease) }
    guard !leases.isEmpty else { return [] }
    let accept = Command.worker(.accept(id, leases))
    guard case .leases(let report) = try await node.perform(accept, on: context.loop).value else {
      throw desk.fault("the engine answered an acceptance with something else", in: context)
    }
    let lost = Set(report.lost.map(\.lease.description))
    return offered.filter { !lost.contains($0.lease) }
  }

  func renewLeases(
    _ request: API.RenewLeasesRequest, context: CallContext
  ) async throws -> API.RenewLeasesResponse {
    try await desk.answer(context) {
      try RequestCheck.count(request.beats.count, "beats")
      let leases = try RequestCheck.leases(request.beats.map(\.lease), "beats")
      let answer = try await node.perform(.worker(.renew(nil, leases)), on: context.loop).value
      guard case .leases(let report) = answer else {
        throw desk.fault("the engine answered a renewal with something else", in: context)
      }
      for (beat, lease) in zip(request.beats, leases) { node.note(beat, of: lease) }
      let checkpoints = request.beats.compactMap { beat in
        beat.checkpoint.map { (lease: beat.lease, checkpoint: $0) }
      }
      return .init(
        directives: report.lost.map { .lost($0.lease) } + report.stopping.map { .init($0) },
        acks: try await acks(of: checkpoints) { node.settle($0.checkpoint, of: $0.lease, $1) })
    }
  }

  func finishTasks(
    _ request: API.FinishTasksRequest, context: CallContext
  ) async throws -> API.FinishTasksResponse {
    try await desk.answer(context) {
      try RequestCheck.count(request.finishes.count, "finishes")
      let finishes = request.finishes
      return .init(
        acks: try await acks(finishes.count) { collector in
          node.settle(finishes) { acks in
            for (index, ack) in acks.enumerated() { collector.set(ack, at: index) }
          }
        })
    }
  }

  func releaseTasks(
    _ request: API.ReleaseTasksRequest, context: CallContext
  ) async throws -> API.ReleaseTasksResponse {
    try await desk.answer(context) {
      try RequestCheck.count(request.releases.count, "releases")
      return .init(acks: try await acks(of: request.releases) { node.settle($0, $1) })
    }
  }

  /// The answers in the order of the entries.
  private func acks<Entry: Sendable>(
    of entries: [Entry],
    _ settle: @escaping @Sendable (Entry, @escaping @Sendable (API.Ack) -> Void) -> Void
  ) async throws -> [API.Ack] {
    try await acks(entries.count) { collector in
      for (index, entry) in entries.enumerated() {
        settle(entry) { collector.set($0, at: index) }
      }
    }
  }

  private func acks(_ count: Int, _ settle: (AckCollector) -> Void) async throws -> [API.Ack] {
    if count == 0 { return [] }
    let collector = AckCollector(count: count)
    settle(collector)
    guard let acks = await collector.all() else { throw Refusal.stopping }
    return acks
  }
}

extension [WorkerOutbox.Item] {
  fileprivate var offers: [Offer] {
    compactMap { if case .offer(let offer) = $0 { offer } else { nil } }
  }
}
