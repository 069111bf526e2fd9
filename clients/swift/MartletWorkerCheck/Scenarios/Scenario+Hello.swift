internal import MartletAPI

extension Scenario {
  /// The kinds that a worker serves while it is checked.
  static let kinds = [
    "check.echo", "check.fail", "check.wait", "check.stubborn", "check.steps", "check.log",
  ]

  static let hello: [Scenario] = [
    Scenario("hello-first", "the first message of a stream is hello", .hello) { stage in
      let line = try await stage.line()
      let first = stage.look { $0.said(since: 0, on: line).first?.request }
      try stage.require(first?.hello != nil, "hello in the first message")
    },
    Scenario("hello-name", "a worker has a name of 1 to 63 bytes", .hello) { stage in
      let name = try stage.hello(on: await stage.line()).name
      try stage.require((1...63).contains(name.utf8.count), "a name of 1 to 63 bytes")
    },
    Scenario("hello-instance", "a process has an instance of 1 to 63 bytes", .hello) { stage in
      let instance = try stage.hello(on: await stage.line()).instance
      try stage.require((1...63).contains(instance.utf8.count), "an instance of 1 to 63 bytes")
    },
    Scenario("hello-kinds", "hello names the kinds that are served, and each is one", .hello) {
      stage in
      let served = try stage.hello(on: await stage.line()).kinds
      try stage.require(
        (1...1_000).contains(served.count) && served.allSatisfy(MessageLimits.isKind),
        "1 to 1,000 kinds of the form [a-z][a-z0-9_.-]*, not \(served)")
      let missing = kinds.filter { !served.contains($0) }
      try stage.require(missing.isEmpty, "the kinds of the check, of which \(missing) are missing")
    },
    Scenario("hello-slots", "slots are 1 to 10,000 (in the check 4 or more)", .hello) { stage in
      let slots = try stage.hello(on: await stage.line()).slots
      try stage.require((4...10_000).contains(slots), "4 to 10,000 slots, not \(slots)")
    },
    Scenario("hello-holds-nothing", "a process that begins holds no leases", .hello, .own) {
      stage in
      let held = try stage.hello(on: await stage.line()).heldLeases
      try stage.require(held.isEmpty, "no held leases, not \(held)")
    },
    Scenario("hello-once", "hello comes in no other message of a stream", .hello) { stage in
      try await stage.burst()
      try stage.requireNone(of: .helloOnce)
    },
    Scenario("instance-new", "each process has an instance of its own", .hello, .own) { stage in
      let old = try await stage.line()
      let first = try stage.hello(on: old).instance
      _ = try await stage.begin("check.wait")
      try await stage.replaceWorker()
      let line = try await stage.line(after: old, within: stage.timing.start)
      let second = try stage.hello(on: line)
      try stage.require(first != second.instance, "another instance than \(first)")
      try stage.require(second.heldLeases.isEmpty, "no leases of the process before it")
    },
  ]
}

extension Stage {
  /// Some tasks that end soon, on all slots.
  func burst() async throws {
    var leases: [String] = []
    for round in 0..<4 {
      leases += try await assign([
        Order("check.echo", "a\(round)"), Order("check.wait", "5"), Order("check.echo", "b"),
      ])
    }
    for lease in leases { _ = try await finish(of: lease) }
    try await line()
    try await barrier()
  }

  /// Kills the process and starts another.
  func replaceWorker() async throws {
    change { $0.mayExit = true }
    killWorker()
    let _: Int32 = try await wait("the killed process to end") { $0.exit }
    try startWorker()
    change { $0.mayExit = false }
  }
}
