internal import MartletAPI

extension Scenario {
  static let beat: [Scenario] = [
    Scenario("beat-interval", "a lease is beaten for at the interval of the welcome", .beats) {
      stage in
      let start = stage.mark
      let lease = try await stage.begin("check.wait")
      // At 300 ms they take 1.8 s; the machine may be busy.
      try await stage.beats(of: lease, count: 6, since: start)
    },
    Scenario("beat-not-hammered", "beats come at about the interval, not all the time", .beats) {
      stage in
      let lease = try await stage.begin("check.wait")
      try await stage.barrier()
      let start = stage.mark
      try await stage.pass(.milliseconds(1_500))
      let count = stage.look { $0.beats(of: lease, since: start).count }
      try stage.require(count <= 15, "about 5 beats in 1.5 s, not \(count)")
    },
    Scenario("beat-each", "every lease is beaten for", .beats) { stage in
      let leases = try await stage.assign(Array(repeating: Order("check.wait"), count: 4))
      for lease in leases { try await stage.accepted(lease) }
      let start = stage.mark
      for lease in leases { try await stage.beats(of: lease, count: 2, since: start) }
    },
    Scenario("beat-together", "beats for many leases come in one message", .beats) { stage in
      let leases = try await stage.assign(Array(repeating: Order("check.wait"), count: 4))
      for lease in leases { try await stage.accepted(lease) }
      let start = stage.mark
      let _: Bool = try await stage.wait("one message with a beat for each of 4 leases") { scene in
        scene.said(since: start).contains { said in
          Set(said.request.beats.map(\.lease)).isSuperset(of: leases)
        } ? true : nil
      }
    },
    Scenario("beat-new-interval", "the interval of a new welcome is taken", .beats) { stage in
      let lease = try await stage.begin("check.wait")
      let old = try await stage.line()
      stage.setPolicy { $0.beatInterval = .milliseconds(100) }
      stage.breakConnections(abruptly: true)
      try await stage.line(after: old)
      let start = stage.mark
      try await stage.beats(of: lease, count: 20, since: start)
      // The old interval for those who come next.
      stage.setPolicy { $0.beatInterval = .milliseconds(300) }
      stage.breakConnections(abruptly: true)
      try await stage.line(after: old + 1)
    },
    Scenario("beat-none-ended", "a lease that ended is not beaten for", .beats) { stage in
      let other = try await stage.begin("check.wait")
      let lease = try await stage.begin("check.wait", "350")
      _ = try await stage.text(of: lease)
      try await stage.barrier()
      let start = stage.mark
      try await stage.beats(of: other, count: 3, since: start)
      let count = stage.look { $0.beats(of: lease, since: start).count }
      try stage.require(count == 0, "no beat for \(lease) after its end")
    },
    Scenario("beat-known", "only what was offered is beaten for", .beats) { stage in
      let lease = try await stage.begin("check.wait")
      try await stage.beats(of: lease, count: 2, since: stage.mark)
      try stage.requireNone(of: .beatKnown)
    },
    Scenario("beat-through-stubborn", "a handler that blocks holds up no beats", .beats) { stage in
      let stubborn = try await stage.begin("check.stubborn", "2000")
      let start = stage.mark
      try await stage.beats(of: stubborn, count: 2, since: start)
      _ = try await stage.finish(of: stubborn)
    },
    Scenario("progress-said", "what a handler says of its progress is heard", .beats) { stage in
      let lease = try await stage.begin("check.steps", "20")
      let progress: API.Progress = try await stage.wait("a beat with progress") { scene in
        scene.beats(of: lease).lazy.compactMap(\.beat.progress).first { $0.percent != nil }
      }
      try stage.require(progress.step.hasPrefix("step "), "a step text 'step i'")
      _ = try await stage.text(of: lease)
    },
    Scenario("progress-newest", "the last progress is said before the finish, or with it", .beats) {
      stage in
      let lease = try await stage.begin("check.steps", "3")
      _ = try await stage.text(of: lease)
      let progress = stage.look { $0.beats(of: lease).compactMap(\.beat.progress).last }
      try stage.require(
        progress?.percent == 100 && progress?.step == "step 3",
        "progress of 100 % at 'step 3' in the end")
    },
    Scenario("progress-range", "progress keeps to its limits", .beats) { stage in
      _ = try await stage.text(of: stage.begin("check.steps", "3"))
      try stage.requireNone(of: .progressRange)
    },
    Scenario("log-lines", "a log line is said before the finish, or with it", .beats) { stage in
      let lease = try await stage.begin("check.log", "a line: äöü")
      _ = try await stage.finish(of: lease)
      let lines = stage.look { $0.beats(of: lease).flatMap(\.beat.logLines) }
      try stage.require(
        lines.contains { $0.text.contains("a line: äöü") }, "the line in a beat")
      try stage.requireNone(of: .logLimits)
    },
  ]
}
