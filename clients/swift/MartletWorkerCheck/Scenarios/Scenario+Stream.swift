internal import MartletAPI
internal import MartletRPC

extension Scenario {
  static let stream: [Scenario] = [
    comesBack("return-reset", "after a reset of its connection a worker comes back") {
      $0.breakConnections(abruptly: true)
    },
    comesBack("return-closed", "after the end of its connection a worker comes back") {
      $0.breakConnections(abruptly: false)
    },
    comesBack("return-goaway", "after GOAWAY from a server that stops a worker comes back") {
      await $0.stopServer()
      try await $0.startServer()
    },
    comesBack("return-unavailable", "after UNAVAILABLE a worker comes back") {
      $0.endStream(.status(RPCStatus(code: .unavailable, message: "The server stops.")))
    },
    comesBack("return-internal", "after a fault of the server a worker comes back") {
      $0.endStream(.status(RPCStatus(code: .internalError, message: "A fault.")))
    },
    comesBack("return-ok", "after a stream that the server ended in order a worker comes back") {
      $0.endStream(.ok)
    },
    Scenario("return-instance", "a worker comes back as the same instance", .streams) { stage in
      let old = try await stage.line()
      let before = try stage.hello(on: old)
      stage.breakConnections(abruptly: true)
      let after = try stage.hello(on: await stage.line(after: old))
      try stage.require(
        before.instance == after.instance && before.name == after.name,
        "the instance '\(before.instance)' and the name again")
    },
    Scenario("return-holds", "hello names all that is held, and no more", .streams) { stage in
      let waits = try await stage.assign(Array(repeating: Order("check.wait"), count: 3))
      for lease in waits { try await stage.accepted(lease) }
      _ = try await stage.run(Order("check.echo", "over"))
      try await stage.barrier()
      let old = try await stage.line()
      stage.breakConnections(abruptly: true)
      let held = try stage.hello(on: await stage.line(after: old)).heldLeases
      try stage.require(
        held.count == 3 && Set(held) == Set(waits), "held leases of \(waits), not \(held)")
    },
    Scenario("return-goes-on", "what was kept goes on as if nothing had been", .streams) { stage in
      let lease = try await stage.begin("check.steps", "30")
      let _: Bool = try await stage.wait("a checkpoint") {
        $0.beats(of: lease).contains { $0.beat.checkpoint != nil } ? true : nil
      }
      let old = try await stage.line()
      stage.breakConnections(abruptly: true)
      try await stage.line(after: old)
      let text = try await stage.text(of: lease, within: stage.timing.step * 2)
      try stage.require(text == "30", "all 30 steps in one attempt, not '\(text)'")
    },
    Scenario("return-beats", "what was kept is beaten for again", .streams) { stage in
      let lease = try await stage.begin("check.wait")
      let old = try await stage.line()
      stage.breakConnections(abruptly: false)
      try await stage.line(after: old)
      try await stage.beats(of: lease, count: 2, since: stage.mark)
    },
    Scenario("return-finishes", "what ended while the stream was away is said after it", .streams) {
      stage in
      let lease = try await stage.begin("check.wait", "300")
      let old = try await stage.line()
      stage.relay.turn(.refusing)
      stage.breakConnections(abruptly: true)
      try await stage.pass(.milliseconds(600))
      stage.relay.turn(.open)
      let held = try stage.hello(on: await stage.line(after: old)).heldLeases
      try stage.require(held == [lease], "held leases of \([lease]), not \(held)")
      try stage.require(try await stage.text(of: lease) == "waited", "the result")
    },
    Scenario("return-lost", "what the welcome calls lost is stopped and not finished", .streams) {
      stage in
      let lost = try await stage.begin("check.wait", "900")
      let kept = try await stage.begin("check.wait", "1200")
      let old = try await stage.line()
      stage.setPolicy { $0.losing = [lost] }
      stage.breakConnections(abruptly: true)
      try await stage.line(after: old)
      stage.setPolicy { $0.losing = [] }
      try await stage.barrier()
      try await stage.silent(about: lost, for: .milliseconds(1_200))
      try stage.require(try await stage.text(of: kept) == "waited", "the kept one to go on")
    },
    Scenario("one-stream", "a worker has one stream at a time", .streams) { stage in
      let lease = try await stage.begin("check.wait", "600")
      _ = try await stage.finish(of: lease)
      try stage.requireNone(of: .streamSingle)
    },
  ]

  static let backoff: [Scenario] = [
    Scenario("backoff-refused", "a server that cannot be reached is not hammered", .backoff) {
      stage in
      let old = try await stage.line()
      let before = stage.look { $0.connectionCount }
      stage.relay.turn(.refusing)
      stage.breakConnections(abruptly: true)
      try await stage.pass(.seconds(2))
      let count = stage.look { $0.connectionCount } - before
      stage.relay.turn(.open)
      try stage.require(count <= 30, "at most 30 connections in 2 s, not \(count)")
      try await stage.line(after: old)
    },
    Scenario("backoff-unavailable", "a server that answers UNAVAILABLE is not hammered", .backoff) {
      stage in
      try await stage.refusing(RPCStatus(code: .unavailable, message: "Not yet."))
    },
    Scenario("backoff-superseded", "a stream that was superseded is not fought for", .backoff, .own)
    {
      stage in
      let status = RPCStatus(code: .aborted, message: "The same instance opened another stream.")
      stage.change { $0.mayExit = true }
      let before = stage.look { $0.lineCount }
      stage.setPolicy { $0.reception = .refusal(status) }
      stage.endStream(.status(status))
      try await stage.pass(.seconds(2))
      let count = stage.look { $0.lineCount } - before
      try stage.require(count <= 15, "at most 15 streams in 2 s, not \(count)")
    },
    Scenario("backoff-returns", "a server that was away for seconds is found again", .backoff) {
      stage in
      let old = try await stage.line()
      await stage.stopServer()
      stage.relay.turn(.refusing)
      try await stage.pass(.seconds(3))
      try await stage.startServer()
      stage.relay.turn(.open)
      try await stage.line(after: old)
      try await stage.goesOn()
    },
    Scenario("backoff-forgotten", "after a good stream the next return is quick again", .backoff) {
      stage in
      let first = try await stage.line()
      stage.breakConnections(abruptly: true)
      let second = try await stage.line(after: first)
      try await stage.goesOn()
      stage.breakConnections(abruptly: true)
      try await stage.line(after: second, within: stage.timing.reconnect / 2)
    },
    Scenario("start-without-server", "a worker may start before its server", .backoff, .unstarted) {
      stage in
      stage.relay.turn(.refusing)
      try stage.startWorker()
      let _: Bool = try await stage.wait("a try to connect", within: stage.timing.start) {
        $0.connectionCount > 0 ? true : nil
      }
      try await stage.pass(.seconds(1))
      stage.relay.turn(.open)
      try await stage.line(after: 0, within: stage.timing.start)
      try await stage.goesOn()
    },
  ]

  private static func comesBack(
    _ name: String, _ sentence: String,
    how: @escaping @Sendable (Stage) async throws -> Void
  ) -> Scenario {
    Scenario(name, sentence, .streams) { stage in
      let lease = try await stage.begin("check.wait")
      let old = try await stage.line()
      try await how(stage)
      let line = try await stage.line(after: old)
      let held = try stage.hello(on: line).heldLeases
      try stage.require(held == [lease], "held leases of \([lease]), not \(held)")
      try await stage.goesOn()
    }
  }
}

extension Stage {
  func endStream(_ ending: RPCEnding) {
    change { scene in
      guard let line = scene.line else { return }
      scene.add(.did("ends the stream: \(ending)"), on: line)
      scene.forgetLines()
      scene.outboxes[line]?.yield(.end(ending))
    }
  }

  /// Counts what a worker tries while each of its streams is refused.
  func refusing(_ status: RPCStatus) async throws {
    let old = try await line()
    let before = look { $0.lineCount }
    setPolicy { $0.reception = .refusal(status) }
    endStream(.status(status))
    try await pass(.seconds(2))
    setPolicy { $0.reception = .welcome }
    let count = look { $0.lineCount } - before
    try require(count <= 15, "at most 15 streams in 2 s, not \(count)")
    try await line(after: old)
  }
}
