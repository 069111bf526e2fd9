internal import Glibc
internal import MartletAPI

/// A task as a scenario wants it.
struct Order: Sendable {
  var kind: String
  var payload: [UInt8]
  var contentType = "text/plain"
  var checkpoint: API.Checkpoint?
  /// A lease that was assigned before; nil: a new one.
  var lease: String?

  init(_ kind: String, _ payload: String = "") {
    self.kind = kind
    self.payload = Array(payload.utf8)
  }
}

/// What an attempt came to.
enum Ending: Sendable {
  case finish(API.Finish)
  case release
}

extension Stage {
  /// The stream that stands, once its worker has said what it takes.
  @discardableResult
  func line() async throws -> Int {
    try await wait("a stream with a hello and credit of at least 1", within: timing.reconnect) {
      scene in
      scene.line.flatMap { line in
        scene.book.lines[line].flatMap { $0.available > 0 ? line : nil }
      }
    }
  }

  /// The stream that stands after another, once its worker has said hello.
  @discardableResult
  func line(after old: Int, within limit: Duration? = nil) async throws -> Int {
    try await wait("the worker to come back with a new stream", within: limit ?? timing.reconnect) {
      $0.line.flatMap { $0 > old ? $0 : nil }
    }
  }

  var mark: Int { look { $0.entries.count } }

  func setPolicy(_ body: (inout ServerPolicy) -> Void) { change { body(&$0.book.policy) } }

  /// Lets time go by in which nothing is to happen.
  func pass(_ duration: Duration) async throws {
    let end = ContinuousClock.now + duration
    let _: Bool? = try? await wait("", within: duration) { _ in
      ContinuousClock.now >= end ? true : nil
    }
    try Task.checkCancellation()
  }

  /// Ends all connections, with a reset or in order.
  func breakConnections(abruptly: Bool) {
    change { scene in
      scene.add(.did(abruptly ? "resets all connections" : "closes all connections"))
      scene.forgetLines()
    }
    relay.endAll(abruptly: abruptly)
  }

  // MARK: - What the server says

  func tell(_ response: API.WorkResponse) throws {
    let isTold = change { scene in
      guard let line = scene.line else { return false }
      scene.tell(response, on: line)
      return true
    }
    try require(isTold, "the stream to stand")
  }

  /// Offers tasks in one message, as soon as there is credit for all.
  func assign(_ orders: [Order]) async throws -> [String] {
    let line = try await wait("credit for \(orders.count) tasks") { scene in
      scene.line.flatMap { line in
        scene.book.lines[line].flatMap { $0.available >= orders.count ? line : nil }
      }
    }
    return change { scene in
      let assigns = orders.map { scene.assign(for: $0) }
      for assign in assigns { scene.book.assign(assign, on: line) }
      scene.tell(API.WorkResponse(assigns: assigns), on: line)
      return assigns.map(\.lease)
    }
  }

  func assign(_ order: Order) async throws -> String {
    let leases = try await assign([order])
    return leases.first ?? ""
  }

  /// Offers a task, and waits until it is accepted.
  func begin(_ order: Order) async throws -> String {
    let lease = try await assign(order)
    try await accepted(lease)
    return lease
  }

  func begin(_ kind: String, _ payload: String = "") async throws -> String {
    try await begin(Order(kind, payload))
  }

  /// The grace is `timing.step` if none is given.
  func direct(
    _ kind: API.DirectiveKind, _ lease: String, grace: Duration? = nil
  ) throws {
    let directive = API.Directive(
      lease: lease, kind: kind, reason: "the check says so",
      grace: WellKnown.Duration(grace ?? timing.step))
    if kind == .lost { change { $0.book.lose(lease) } }
    try tell(API.WorkResponse(directives: [directive]))
  }

  /// Acknowledges what was held back; the policy accepts again.
  func acknowledge(_ lease: String) throws {
    setPolicy { $0.finishes = .accept }
    change { $0.book.leases[lease]?.state = .ended }
    try tell(API.WorkResponse(acks: [API.Ack(lease: lease, accepted: true)]))
  }

  // MARK: - What the worker says

  func accepted(_ lease: String) async throws {
    let _: Bool = try await wait("an accept of \(lease)") { $0.isAccepted(lease) ? true : nil }
  }

  /// The first finish or release of a lease since an entry.
  func ending(
    of lease: String, since mark: Int? = nil, within limit: Duration? = nil
  ) async throws -> Ending {
    try await wait("a finish or a release of \(lease)", within: limit) { scene in
      if let finish = scene.finishes(of: lease, since: mark).first { return .finish(finish) }
      return scene.isReleased(lease, since: mark) ? .release : nil
    }
  }

  /// The first finish of a lease since an entry.
  func finish(
    of lease: String, since mark: Int? = nil, within limit: Duration? = nil
  ) async throws -> API.Finish {
    try await wait("a finish of \(lease)", within: limit) {
      $0.finishes(of: lease, since: mark).first
    }
  }

  /// The result with which an attempt ends; a breach if it fails.
  func result(of lease: String, within limit: Duration? = nil) async throws -> API.TaskResult {
    let finish = try await finish(of: lease, within: limit)
    guard case .result(let result)? = finish.outcome else {
      throw breach("a result of \(lease)")
    }
    return result
  }

  /// The same as text.
  func text(of lease: String, within limit: Duration? = nil) async throws -> String {
    String(decoding: try await result(of: lease, within: limit).data, as: UTF8.self)
  }

  /// Runs a task from its offer to its result.
  func run(_ order: Order, within limit: Duration? = nil) async throws -> API.TaskResult {
    try await result(of: assign(order), within: limit)
  }

  /// The worker still takes tasks.
  func goesOn() async throws {
    let text = "still there \(mark)"
    let result = try await run(Order("check.echo", text))
    try require(result.data == Array(text.utf8), "the worker to go on with other tasks")
  }

  func beats(
    of lease: String, count: Int, since mark: Int, within limit: Duration? = nil
  ) async throws {
    let _: Bool = try await wait("\(count) beats for \(lease)", within: limit) {
      $0.beats(of: lease, since: mark).count >= count ? true : nil
    }
  }

  /// Returns when the worker has read all that it was told.
  func barrier() async throws {
    let number = change { scene in
      scene.pingCount += 1
      return scene.pingCount
    }
    let start = mark
    try tell(API.WorkResponse(ping: number))
    let _: Bool = try await wait("a pong with \(number)") { scene in
      scene.said(since: start).contains { $0.request.pong == number } ? true : nil
    }
  }

  /// The hello with which a stream began.
  func hello(on line: Int) throws -> API.WorkerHello {
    guard let hello = look({ $0.book.lines[line]?.hello }) else { throw breach("a hello") }
    return hello
  }

  /// No breach of a rule that is watched all the time.
  func requireNone(of rules: ServerBook.Watched...) throws {
    let found = look { $0.book.breaches.filter { rules.contains($0.rule) } }
    guard let first = found.first else { return }
    var breach = breach("never: \(first.description) (stream \(first.line))")
    breach.heard = first.heard
    throw breach
  }

  /// Ends what still runs, so that the next scenario finds an idle worker; false if that fails.
  func settle() async -> Bool {
    setPolicy { $0 = ServerPolicy() }
    relay.turn(.open)
    do {
      try await line(after: 0)
      for (lease, state) in look({ $0.book.leases }) where !state.isOver {
        if state.state == .finished {
          try acknowledge(lease)
        } else {
          try direct(.cancel, lease)
        }
      }
      let _: Bool = try await wait("nothing to be held") { scene in
        scene.book.leases.values.allSatisfy(\.isOver) ? true : nil
      }
      try await barrier()
      return true
    } catch {
      return false
    }
  }
}

extension Scene {
  /// Their streams are about to end; a stream that comes is no second one.
  mutating func forgetLines() {
    for line in book.lines.keys { book.lines[line]?.isHeard = false }
  }

  mutating func assign(for order: Order) -> API.Assign {
    leaseCount += 1
    let number = String(leaseCount)
    let id = String(repeating: "0", count: max(0, 13 - number.count)) + number
    let spec = API.TaskSpec(
      kind: order.kind, payload: order.payload, contentType: order.contentType)
    return API.Assign(
      lease: order.lease ?? "lease-\(number)",
      task: API.Task(id: id, pool: "check", spec: spec, state: .pending), attempt: 1,
      stopTime: WellKnown.Timestamp(seconds: Int64(time(nil)) + 3_600),
      fencingEpoch: UInt64(leaseCount), checkpoint: order.checkpoint)
  }
}
