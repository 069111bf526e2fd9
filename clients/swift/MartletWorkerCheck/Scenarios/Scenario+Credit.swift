internal import MartletAPI

extension Scenario {
  static let credit: [Scenario] = [
    Scenario("credit-said", "a worker says what it takes, unasked", .credit, .own) { stage in
      let line = try await stage.line()
      let credit = stage.look { $0.book.lines[line]?.credit?.more }
      try stage.require((credit ?? 0) >= 1, "credit of at least 1")
    },
    Scenario("credit-again", "credit is said anew on each stream", .credit) { stage in
      let old = try await stage.line()
      stage.breakConnections(abruptly: true)
      let line = try await stage.line(after: old)
      try await stage.line()
      let credit = stage.look { $0.book.lines[line]?.credit?.more }
      try stage.require((credit ?? 0) >= 1, "credit of at least 1 on the new stream")
    },
    Scenario("credit-fills", "as many tasks run at once as there is credit for", .credit) {
      stage in
      let line = try await stage.line()
      let credit = stage.look { $0.book.lines[line]?.available ?? 0 }
      let count = min(4, max(1, credit))
      let leases = try await stage.assign(
        Array(repeating: Order("check.wait", "800"), count: count))
      for lease in leases { try await stage.accepted(lease) }
      for lease in leases { _ = try await stage.text(of: lease) }
      let first = stage.look { scene in
        scene.said().first { !$0.request.finishes.isEmpty }?.index
      }
      let accepted = stage.look { scene in
        scene.said().last { !$0.request.accepts.isEmpty }?.index
      }
      try stage.require(
        (accepted ?? 0) <= (first ?? 0), "all to be accepted before the first of 800 ms ends")
    },
    Scenario("credit-returns", "the slot of a task that ended is offered again", .credit) { stage in
      for _ in 0..<3 {
        let leases = try await stage.assign(Array(repeating: Order("check.wait", "5"), count: 4))
        for lease in leases { _ = try await stage.finish(of: lease) }
      }
      try await stage.line()
    },
    Scenario("credit-returns-failed", "so is that of one that failed or was released", .credit) {
      stage in
      for _ in 0..<2 {
        let leases = try await stage.assign(Array(repeating: Order("check.fail", "x"), count: 4))
        for lease in leases { _ = try await stage.finish(of: lease) }
      }
      let waits = try await stage.assign(Array(repeating: Order("check.wait"), count: 4))
      for lease in waits { try await stage.accepted(lease) }
      for lease in waits { try stage.direct(.pause, lease) }
      for lease in waits { _ = try await stage.ending(of: lease) }
      let again = try await stage.assign(Array(repeating: Order("check.echo"), count: 4))
      for lease in again { _ = try await stage.finish(of: lease) }
    },
    Scenario("credit-range", "credit is 0 to 10,000", .credit) { stage in
      try await stage.burst()
      try stage.requireNone(of: .creditRange)
    },
    Scenario("credit-free", "credit is never more than the slots that are free", .credit) {
      stage in
      let waits = try await stage.assign(Array(repeating: Order("check.wait"), count: 3))
      for lease in waits { try await stage.accepted(lease) }
      try await stage.barrier()
      for lease in waits { try stage.direct(.cancel, lease) }
      for lease in waits { _ = try await stage.ending(of: lease) }
      try await stage.burst()
      try stage.requireNone(of: .creditBound)
    },
    Scenario("credit-held", "credit on a new stream leaves out what is still held", .credit) {
      stage in
      let waits = try await stage.assign(Array(repeating: Order("check.wait"), count: 3))
      for lease in waits { try await stage.accepted(lease) }
      let old = try await stage.line()
      stage.breakConnections(abruptly: false)
      try await stage.line(after: old)
      try await stage.line()
      for lease in waits { try await stage.beats(of: lease, count: 1, since: stage.mark) }
      try stage.requireNone(of: .creditBound)
    },
    Scenario("credit-received", "received counts the assigns of the stream", .credit) { stage in
      try await stage.burst()
      try stage.requireNone(of: .creditReceived)
    },
  ]

  static let accept: [Scenario] = [
    Scenario("accept-soon", "an offer is accepted within 2 s", .accepting) { stage in
      let lease = try await stage.assign(Order("check.wait", "100"))
      let _: Bool = try await stage.wait("an accept within 2 s", within: stage.timing.prompt) {
        $0.isAccepted(lease) ? true : nil
      }
      _ = try await stage.finish(of: lease)
    },
    Scenario("accept-many", "each offer of a message is accepted", .accepting) { stage in
      let leases = try await stage.assign(Array(repeating: Order("check.wait", "20"), count: 4))
      for lease in leases { try await stage.accepted(lease) }
      for lease in leases { _ = try await stage.text(of: lease) }
    },
    Scenario("accept-before-finish", "an attempt is accepted before it is finished", .accepting) {
      stage in
      try await stage.burst()
      try stage.requireNone(of: .acceptFirst)
    },
    Scenario("accept-offered", "only what was offered is accepted", .accepting) { stage in
      try await stage.burst()
      try stage.requireNone(of: .acceptOffered)
    },
    Scenario("accept-slots", "no more attempts run than there are slots", .accepting) {
      stage in
      try await stage.burst()
      // As many as the worker's credit allows, and they stay for a while.
      for _ in 0..<16 {
        let free = stage.look { scene in
          scene.line.flatMap { scene.book.lines[$0]?.available } ?? 0
        }
        guard free > 0 else { break }
        _ = try await stage.begin("check.wait", "1000")
      }
      try stage.requireNone(of: .slots)
    },
    Scenario("accept-late", "what was accepted too late is dropped", .accepting) { stage in
      stage.setPolicy { $0.accepts = .lost }
      let late = try await stage.begin("check.wait", "400")
      stage.setPolicy { $0.accepts = .accept }
      try await stage.barrier()
      try await stage.silent(about: late, for: .milliseconds(800))
      try await stage.goesOn()
    },
  ]
}

extension Stage {
  /// From now on nothing is said of a lease, though others run.
  func silent(about lease: String, for duration: Duration) async throws {
    let start = mark
    try await pass(duration)
    try await barrier()
    let isSilent = look { scene in
      scene.finishes(of: lease, since: start).isEmpty && !scene.isReleased(lease, since: start)
        && scene.beats(of: lease, since: start).isEmpty
    }
    try require(isSilent, "nothing to be said of \(lease) any more")
  }
}
