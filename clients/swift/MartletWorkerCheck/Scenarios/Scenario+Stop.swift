internal import MartletAPI

extension Scenario {
  static let ping: [Scenario] = [
    Scenario("ping-answered", "a ping is answered with its number", .pings) { stage in
      for number: UInt64 in [0, 7, .max] {
        let start = stage.mark
        try stage.tell(API.WorkResponse(ping: number))
        let _: Bool = try await stage.wait("a pong with \(number)") { scene in
          scene.said(since: start).contains { $0.request.pong == number } ? true : nil
        }
      }
    },
    Scenario("ping-while-busy", "a ping is answered while all slots are taken", .pings) { stage in
      let leases = try await stage.assign(Array(repeating: Order("check.wait"), count: 4))
      for lease in leases { try await stage.accepted(lease) }
      try await stage.barrier()
    },
    Scenario("ping-sent", "an idle worker says something at least every 10 s", .pings, .slow) {
      stage in
      let line = try await stage.line()
      try await stage.barrier()
      let start = stage.mark
      let _: Bool = try await stage.wait("something to be said", within: stage.timing.talk) {
        !$0.said(since: start, on: line).isEmpty ? true : nil
      }
    },
    Scenario("silence-ends", "a stream on which the server says nothing is given up", .pings, .slow)
    { stage in
      let old = try await stage.line()
      stage.setPolicy { $0.answersPings = false }
      try await stage.line(after: old, within: stage.timing.silence)
    },
    Scenario("half-open", "a connection that swallows all bytes is given up", .pings, .slow) {
      stage in
      let old = try await stage.line()
      stage.relay.turn(.stalled)
      stage.change { $0.forgetLines() }
      let count = stage.look { $0.connectionCount }
      let _: Bool = try await stage.wait("another connection", within: stage.timing.silence) {
        $0.connectionCount > count ? true : nil
      }
      stage.relay.turn(.open)
      // Streams that hung are now read to their end.
      try await stage.line(after: old, within: stage.timing.silence)
    },
  ]

  static let unknown: [Scenario] = [
    Scenario("unknown-fields", "fields that are not known are ignored", .unknown) { stage in
      let lease = try await stage.begin("check.wait", "300")
      // Field 1000 as a number and field 2000 as bytes.
      try stage.tell(bytes: [0xc0, 0x3e, 0x2a, 0x82, 0x7d, 0x03, 0x61, 0x62, 0x63])
      try stage.require(try await stage.text(of: lease) == "waited", "'waited'")
      try await stage.goesOn()
    },
    Scenario("unknown-directive", "a directive of an unknown kind is ignored", .unknown) { stage in
      let lease = try await stage.begin("check.wait", "300")
      try stage.direct(.unrecognized(99), lease)
      try stage.direct(.unspecified, lease)
      try stage.require(try await stage.text(of: lease) == "waited", "the task to go on to its end")
    },
    Scenario("unknown-ack", "an acknowledgement of an unknown lease is ignored", .unknown) {
      stage in
      let lease = try await stage.begin("check.wait", "300")
      try stage.tell(
        API.WorkResponse(acks: [
          API.Ack(lease: "lease-of-nobody", accepted: true),
          API.Ack(lease: "lease-of-nobody", currentAttempt: 3),
          API.Ack(lease: "lease-of-nobody", accepted: true, checkpointSequence: 9),
        ]))
      try stage.require(try await stage.text(of: lease) == "waited", "'waited'")
      try await stage.goesOn()
    },
    Scenario("empty-message", "an empty message is ignored", .unknown) { stage in
      for _ in 0..<3 { try stage.tell(API.WorkResponse()) }
      try await stage.goesOn()
    },
    Scenario("all-at-once", "one message may carry everything", .unknown) { stage in
      let stopped = try await stage.begin("check.wait")
      let number = UInt64(stage.mark)
      let lease = try await stage.assignBeside { response in
        response.directives = [
          API.Directive(
            lease: stopped, kind: .cancel, reason: "all at once",
            grace: WellKnown.Duration(stage.timing.step))
        ]
        response.ping = number
      }
      try stage.require(try await stage.text(of: lease) == "beside", "the echo")
      _ = try await stage.ending(of: stopped, within: stage.timing.step)
      let isAnswered = stage.look { $0.said().contains { $0.request.pong == number } }
      try stage.require(isAnswered, "a pong with \(number)")
    },
  ]

  static let stop: [Scenario] = [
    Scenario("stop-idle", "an idle worker ends soon after SIGTERM, with status 0", .stopping, .own)
    {
      stage in
      try await stage.line()
      stage.terminateWorker()
      try await stage.exits(within: stage.timing.step)
    },
    Scenario("stop-draining", "a worker that stops while tasks run says draining", .stopping, .own)
    {
      stage in
      let line = try await stage.line()
      _ = try await stage.begin("check.wait", "1000")
      stage.terminateWorker()
      let _: Bool = try await stage.wait("draining") {
        $0.book.lines[line]?.isDraining == true ? true : nil
      }
      try await stage.exits(within: stage.timing.stop)
    },
    Scenario(
      "stop-finishes", "what runs is finished or released, then the worker ends with 0",
      .stopping, .own
    ) { stage in
      try await stage.line()
      let leases = try await stage.assign([Order("check.wait", "700"), Order("check.wait", "300")])
      for lease in leases { try await stage.accepted(lease) }
      stage.terminateWorker()
      for lease in leases { _ = try await stage.ending(of: lease, within: stage.timing.stop) }
      try await stage.exits(within: stage.timing.stop)
    },
    Scenario("stop-saves", "what is released has saved its checkpoint", .stopping, .own) { stage in
      try await stage.line()
      let lease = try await stage.begin("check.steps", "40")
      let _: Bool = try await stage.wait("progress to step 5 or more") { scene in
        scene.beats(of: lease).contains { ($0.beat.progress?.number ?? 0) >= 5 } ? true : nil
      }
      stage.terminateWorker()
      switch try await stage.ending(of: lease, within: stage.timing.stop) {
      case .finish:
        try stage.require(try await stage.text(of: lease) == "40", "all 40 steps or a release")
      case .release:
        let saved = stage.checkpoints(of: lease).last.flatMap {
          Int(String(decoding: $0.data, as: UTF8.self))
        }
        let made = stage.look { $0.beats(of: lease).compactMap(\.beat.progress).last?.number } ?? 0
        try stage.require(
          (saved ?? 0) >= made - 1, "a checkpoint of step \(made) before the release")
      }
      try await stage.exits(within: stage.timing.stop)
    },
    Scenario("stop-waits", "a worker that stops waits for its acknowledgements", .stopping, .own) {
      stage in
      stage.setPolicy { $0.finishes = .hold }
      try await stage.line()
      let lease = try await stage.begin("check.wait", "200")
      stage.terminateWorker()
      _ = try await stage.ending(of: lease, within: stage.timing.stop)
      try await stage.pass(.milliseconds(700))
      try stage.require(
        stage.look { $0.exit == nil }, "the worker to be there until its finish is acknowledged")
      try stage.acknowledge(lease)
      try await stage.exits(within: stage.timing.stop)
    },
    Scenario("stop-crossing", "an offer that crosses draining is not left", .stopping, .own) {
      stage in
      let line = try await stage.line()
      _ = try await stage.begin("check.wait", "800")
      stage.terminateWorker()
      let _: Bool = try await stage.wait("draining") {
        $0.book.lines[line]?.isDraining == true ? true : nil
      }
      let crossing = try stage.assignUnasked(Order("check.echo", "crossing"))
      try await stage.exits(within: stage.timing.stop)
      let state = stage.look { $0.book.leases[crossing]?.state }
      try stage.require(state != .running, "the offer to be ignored, released or finished")
    },
    Scenario("stop-unconnected", "a worker without a server ends after SIGTERM", .stopping, .own) {
      stage in
      try await stage.line()
      stage.relay.turn(.refusing)
      stage.breakConnections(abruptly: true)
      try await stage.pass(.milliseconds(500))
      stage.terminateWorker()
      try await stage.exits(within: stage.timing.stop)
    },
  ]
}

extension API.Progress {
  /// Of `step 5`.
  fileprivate var number: Int? { Int(step.drop { !$0.isNumber }) }
}

extension Stage {
  func exits(within limit: Duration) async throws {
    let status: Int32 = try await wait("the worker to end", within: limit) { $0.exit }
    try require(status == 0, "the worker to end with status 0, not \(status)")
  }

  /// Sends a message that is already encoded.
  func tell(bytes: [UInt8]) throws {
    let isTold = change { scene in
      guard let line = scene.line else { return false }
      scene.add(.did("a message of fields that nobody knows"), on: line)
      scene.outboxes[line]?.yield(.bytes(bytes))
      return true
    }
    try require(isTold, "the stream to stand")
  }

  /// Offers a task whatever the credit is.
  func assignUnasked(_ order: Order) throws -> String {
    let lease = change { scene -> String? in
      guard let line = scene.line else { return nil }
      let assign = scene.assign(for: order)
      scene.book.assign(assign, on: line)
      scene.tell(API.WorkResponse(assigns: [assign]), on: line)
      return assign.lease
    }
    guard let lease else { throw breach("the stream to stand") }
    return lease
  }

  /// Offers an echo of `beside` in one message with what `body` adds.
  func assignBeside(_ body: (inout API.WorkResponse) -> Void) async throws -> String {
    let line = try await line()
    return change { scene in
      let assign = scene.assign(for: Order("check.echo", "beside"))
      scene.book.assign(assign, on: line)
      var response = API.WorkResponse(assigns: [assign])
      body(&response)
      scene.tell(response, on: line)
      return assign.lease
    }
  }
}
