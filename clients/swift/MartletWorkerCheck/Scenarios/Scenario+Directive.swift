internal import MartletAPI

extension Scenario {
  static let directive: [Scenario] = [
    Scenario("cancel-heard", "a cancelled attempt ends within its grace", .directives) { stage in
      let lease = try await stage.begin("check.wait")
      try stage.direct(.cancel, lease)
      _ = try await stage.ending(of: lease, within: stage.timing.step)
    },
    Scenario("cancel-without-beat", "a cancel does not wait for a beat", .directives) { stage in
      let old = try await stage.line()
      stage.setPolicy { $0.beatInterval = .seconds(5) }
      stage.breakConnections(abruptly: true)
      try await stage.line(after: old)
      stage.setPolicy { $0.beatInterval = .milliseconds(300) }
      let lease = try await stage.begin("check.wait")
      try stage.direct(.cancel, lease)
      _ = try await stage.ending(of: lease, within: stage.timing.prompt)
      stage.breakConnections(abruptly: true)
      try await stage.line(after: old + 1)
    },
    Scenario("cancel-one", "a cancel ends the attempt that it names, and no other", .directives) {
      stage in
      let other = try await stage.begin("check.wait", "700")
      let lease = try await stage.begin("check.wait")
      try stage.direct(.cancel, lease)
      _ = try await stage.ending(of: lease, within: stage.timing.step)
      try stage.require(try await stage.text(of: other) == "waited", "the other to end as it would")
    },
    Scenario("cancel-unknown", "a cancel of an unknown lease is ignored", .directives) { stage in
      let other = try await stage.begin("check.wait", "300")
      try stage.direct(.cancel, "lease-of-nobody")
      try stage.require(try await stage.text(of: other) == "waited", "the other to end as it would")
      let said = stage.look { scene in
        scene.isReleased("lease-of-nobody") || !scene.finishes(of: "lease-of-nobody").isEmpty
      }
      try stage.require(!said, "nothing to be said of the unknown lease")
    },
    Scenario("cancel-again", "a cancel that is said again changes nothing", .directives) { stage in
      stage.setPolicy { $0.finishes = .hold }
      let lease = try await stage.begin("check.wait")
      for _ in 0..<3 { try stage.direct(.cancel, lease) }
      _ = try await stage.ending(of: lease, within: stage.timing.step)
      try stage.direct(.cancel, lease)
      try await stage.barrier()
      let count = stage.look { scene in
        scene.said().flatMap { $0.request.finishes.map(\.lease) + $0.request.releases.map(\.lease) }
          .count { $0 == lease }
      }
      try stage.require(count == 1, "one finish or release, not \(count)")
      try stage.acknowledge(lease)
      try await stage.goesOn()
    },
    Scenario(
      "cancel-after-finish", "a cancel that crosses a finish does not change it",
      .directives
    ) { stage in
      let (lease, line, finish) = try await stage.unacknowledged()
      try stage.direct(.cancel, lease)
      try await stage.barrier()
      stage.breakConnections(abruptly: true)
      let next = try await stage.line(after: line)
      let again: API.Finish = try await stage.wait("the finish of \(lease) again") { scene in
        scene.said(on: next).lazy.flatMap { $0.request.finishes }.first { $0.lease == lease }
      }
      try stage.require(again == finish, "the finish as it was")
      try stage.acknowledge(lease)
    },
    Scenario("lost-stops", "of a lost lease nothing more is said", .directives) { stage in
      let lease = try await stage.begin("check.wait", "700")
      try stage.direct(.lost, lease)
      try await stage.barrier()
      try await stage.silent(about: lease, for: .milliseconds(1_100))
    },
    Scenario("lost-frees", "the slot of a lost lease is free again", .directives) { stage in
      let leases = try await stage.assign(Array(repeating: Order("check.wait"), count: 4))
      for lease in leases { try await stage.accepted(lease) }
      for lease in leases { try stage.direct(.lost, lease) }
      let again = try await stage.assign(Array(repeating: Order("check.echo"), count: 4))
      for lease in again { _ = try await stage.finish(of: lease) }
    },
    Scenario(
      "pause-without-checkpoint", "an attempt without a checkpoint is released too",
      .directives
    ) { stage in
      let lease = try await stage.begin("check.wait")
      try stage.direct(.pause, lease)
      _ = try await stage.ending(of: lease, within: stage.timing.step)
      try await stage.goesOn()
    },
    Scenario(
      "stubborn-delays-nothing", "a handler that does not stop holds up no other",
      .directives
    ) { stage in
      let stubborn = try await stage.begin("check.stubborn", "3000")
      let other = try await stage.begin("check.wait")
      try stage.direct(.cancel, stubborn, grace: .seconds(6))
      let start = stage.mark
      let echo = try await stage.run(Order("check.echo", "quick"), within: stage.timing.prompt)
      try stage.require(echo.data == Array("quick".utf8), "the echo")
      try await stage.beats(of: other, count: 2, since: start, within: stage.timing.prompt)
      try stage.direct(.cancel, other)
      _ = try await stage.ending(of: other, within: stage.timing.prompt)
      _ = try await stage.ending(of: stubborn, within: stage.timing.step * 2)
    },
    Scenario(
      "stubborn-fenced", "a handler that ends after its grace is not reported",
      .directives
    ) { stage in
      let stubborn = try await stage.begin("check.stubborn", "1200")
      try stage.direct(.cancel, stubborn, grace: .milliseconds(300))
      try await stage.pass(.milliseconds(300))
      let isOver = stage.look { $0.book.leases[stubborn]?.isOver == true }
      if !isOver {
        try stage.direct(.lost, stubborn)
        try await stage.barrier()
        try await stage.silent(about: stubborn, for: .milliseconds(1_300))
      }
      try await stage.goesOn()
    },
  ]
}
