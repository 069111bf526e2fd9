import MartletAPI
import MartletCore
import MartletProtobuf
import MartletRPC

extension WorkerService {
  /// How often something is sent at least; a worker that says nothing for four times as long is
  /// taken for dead.
  static let pingInterval = Duration.seconds(5)

  func work(
    _ requests: RequestStream<API.WorkRequest>, response: ResponseWriter<API.WorkResponse>,
    context: CallContext
  ) async throws {
    try await desk.answer(context) {
      let iterator = requests.makeAsyncIterator()
      guard let first = try await iterator.next() else { return }
      let hello = try RequestCheck.hello(first.hello, "hello", limits: node.limits)
      try await withWorker(hello, context) { welcome, outbox in
        try await response.write(API.WorkResponse(welcome: Self.message(of: welcome)))
        outbox.add(WorkerOutbox.items(for: welcome.report))
        let desk = WorkerDesk(node: node, id: welcome.worker, outbox: outbox)
        desk.take(first)
        try await serve(requests, response, desk)
      }
    }
  }

  /// The worker is there, and reached through the outbox, while `body` runs.
  func withWorker<Result: Sendable>(
    _ hello: WorkerHello, _ context: CallContext,
    _ body: (WorkerWelcome, WorkerOutbox) async throws -> Result
  ) async throws -> Result {
    let answer = try await node.perform(.worker(.connect(hello)), on: context.loop).value
    guard case .worker(let welcome) = answer else {
      throw desk.fault("the engine answered a worker with something else", in: context)
    }
    let (outbox, instance) = (WorkerOutbox(), hello.identity.instance)
    guard node.workers.attach(outbox, to: welcome.worker, instance: instance) else {
      throw Refusal.stopping
    }
    defer {
      if node.workers.detach(outbox, from: welcome.worker, instance: instance) {
        node.post(.worker(.disconnect(welcome.worker)))
      }
    }
    return try await body(welcome, outbox)
  }

  private static func message(of welcome: WorkerWelcome) -> API.WorkerWelcome {
    .init(
      workerId: welcome.worker.description, leaseLength: .init(welcome.leaseLength),
      beatInterval: .init(Span(nanoseconds: welcome.leaseLength.nanoseconds / 3)),
      keptLeases: welcome.kept.map(\.description),
      lostLeases: welcome.report.lost.map(\.lease.description))
  }

  /// Reads, writes and pings until one of them ends.
  private func serve(
    _ requests: RequestStream<API.WorkRequest>, _ response: ResponseWriter<API.WorkResponse>,
    _ desk: WorkerDesk
  ) async throws {
    let outbox = desk.outbox
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for try await request in requests {
          if request.hello != nil {
            throw InvalidRequest(field: "hello", description: "must be in the first message only")
          }
          desk.take(request)
        }
        // The worker says nothing more; what it has said is still answered.
        outbox.end()
      }
      group.addTask {
        while let items = try await outbox.next() {
          for message in await node.responses(items) { try await response.write(message) }
        }
      }
      group.addTask { try await desk.watch(every: Self.pingInterval) }
      defer { group.cancelAll() }
      // The reader may end first; the writer ends when nothing is left to be said.
      try await group.next()
      if outbox.isEnded { try await group.next() }
    }
  }
}

extension WorkerOutbox {
  static func items(for report: LeaseReport) -> [Item] {
    report.stopping.map { .directive(.init($0)) }
  }
}
