internal import MartletAPI

extension Scenario {
  static let checkpoint: [Scenario] = [
    Scenario("checkpoint-saved", "what a handler saves is said in a beat", .checkpoints) { stage in
      let lease = try await stage.begin("check.steps", "4")
      _ = try await stage.text(of: lease)
      let data = stage.checkpoints(of: lease).map { String(decoding: $0.data, as: UTF8.self) }
      let numbers = data.compactMap { Int($0) }
      try stage.require(
        !data.isEmpty && numbers.count == data.count && numbers == numbers.sorted()
          && numbers.allSatisfy { (1...4).contains($0) },
        "checkpoints of 1 to 4, not \(data)")
    },
    Scenario(
      "checkpoint-rises", "the sequence of checkpoints begins at 1 or more, and rises",
      .checkpoints
    ) { stage in
      let lease = try await stage.begin("check.steps", "4")
      _ = try await stage.text(of: lease)
      let sequences = stage.checkpoints(of: lease).map(\.sequence)
      try stage.require(!sequences.isEmpty && !sequences.contains(0), "sequences of 1 or more")
      try stage.requireNone(of: .checkpointRises)
    },
    Scenario(
      "checkpoint-taken", "an attempt goes on from the checkpoint of its assign",
      .checkpoints
    ) { stage in
      var order = Order("check.steps", "6")
      order.checkpoint = API.Checkpoint(data: Array("4".utf8), sequence: 1)
      let text = try await stage.text(of: stage.begin(order))
      try stage.require(text == "2", "2 steps from 4 to 6, not '\(text)'")
    },
    Scenario("checkpoint-counts-on", "the sequence goes on from that of the assign", .checkpoints) {
      stage in
      var order = Order("check.steps", "3")
      order.checkpoint = API.Checkpoint(data: Array("1".utf8), sequence: 700)
      let lease = try await stage.begin(order)
      _ = try await stage.text(of: lease)
      let sequences = stage.checkpoints(of: lease).map(\.sequence)
      try stage.require(
        !sequences.isEmpty && sequences.allSatisfy { $0 > 700 },
        "sequences of more than 700, not \(sequences)")
    },
    Scenario(
      "checkpoint-repeated",
      "a checkpoint that was not acknowledged is said again after a return", .checkpoints
    ) { stage in
      stage.setPolicy { $0.checkpoints = .hold }
      let lease = try await stage.begin("check.steps", "3")
      let first: API.Checkpoint = try await stage.wait("a checkpoint") {
        $0.beats(of: lease).lazy.compactMap(\.beat.checkpoint).first
      }
      let old = try await stage.line()
      stage.setPolicy { $0.checkpoints = .accept }
      stage.breakConnections(abruptly: true)
      let line = try await stage.line(after: old)
      let _: Bool = try await stage.wait("checkpoint \(first.sequence) or a newer one again") {
        scene in
        scene.said(on: line).flatMap { $0.request.beats }.contains {
          $0.lease == lease && ($0.checkpoint?.sequence ?? 0) >= first.sequence
        } ? true : nil
      }
      _ = try await stage.text(of: lease)
    },
    Scenario(
      "checkpoint-refused", "a checkpoint that makes no sense harms no other task",
      .checkpoints
    ) { stage in
      stage.setPolicy { $0.checkpoints = .problem("the check does not like it") }
      let other = try await stage.begin("check.wait", "500")
      let lease = try await stage.begin("check.steps", "3")
      _ = try await stage.ending(of: lease)
      try stage.require(try await stage.text(of: other) == "waited", "the other to end as it would")
    },
    Scenario("pause-saves", "a paused attempt saves its checkpoint and is released", .checkpoints) {
      stage in
      let lease = try await stage.begin("check.steps", "100")
      let _: Bool = try await stage.wait("a checkpoint") {
        $0.beats(of: lease).contains { $0.beat.checkpoint != nil } ? true : nil
      }
      try stage.direct(.pause, lease)
      guard case .release = try await stage.ending(of: lease, within: stage.timing.step) else {
        throw stage.breach("a release within the grace")
      }
      try await stage.barrier()
      // Fields are taken in the order of their numbers: beats before releases.
      let (saved, released) = stage.look { scene in
        (
          scene.beats(of: lease).last { $0.beat.checkpoint != nil }?.index ?? .max,
          scene.said().first { $0.request.releases.contains { $0.lease == lease } }?.index ?? 0
        )
      }
      try stage.require(saved <= released, "no checkpoint after the release")
    },
    Scenario("pause-goes-on", "what was paused goes on from there", .checkpoints) { stage in
      var order = Order("check.steps", "20")
      let lease = try await stage.begin(order)
      let _: Bool = try await stage.wait("2 checkpoints or more") {
        $0.beats(of: lease).last { $0.beat.checkpoint != nil }?.beat.checkpoint
          .flatMap { (Int(String(decoding: $0.data, as: UTF8.self)) ?? 0) >= 2 ? true : nil }
      }
      try stage.direct(.pause, lease)
      _ = try await stage.ending(of: lease, within: stage.timing.step)
      guard let checkpoint = stage.checkpoints(of: lease).last else {
        throw stage.breach("a checkpoint")
      }
      let done = Int(String(decoding: checkpoint.data, as: UTF8.self)) ?? 0
      order.checkpoint = checkpoint
      let text = try await stage.text(of: stage.begin(order), within: stage.timing.step * 2)
      try stage.require(text == "\(20 - done)", "the other \(20 - done) steps, not '\(text)'")
    },
  ]
}

extension Stage {
  /// Those that were said in this scenario, each once.
  func checkpoints(of lease: String) -> [API.Checkpoint] {
    look { scene in
      scene.beats(of: lease).compactMap(\.beat.checkpoint).reduce(into: []) { all, next in
        if all.last != next { all.append(next) }
      }
    }
  }
}
