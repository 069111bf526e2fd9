internal import MartletAPI

extension Scenario {
  static let finish: [Scenario] = [
    Scenario(
      "finish-repeated", "a finish without an acknowledgement is said again after a return",
      .finishing
    ) { stage in
      let (lease, line, finish) = try await stage.unacknowledged()
      stage.breakConnections(abruptly: true)
      let next = try await stage.line(after: line)
      let again: API.Finish = try await stage.wait("the finish of \(lease) again") { scene in
        scene.said(on: next).lazy.flatMap { $0.request.finishes }.first { $0.lease == lease }
      }
      try stage.require(again == finish, "the same finish as before")
      try stage.acknowledge(lease)
    },
    Scenario(
      "finish-holds", "hello names the lease of a finish without an acknowledgement",
      .finishing
    ) { stage in
      let (lease, line, _) = try await stage.unacknowledged()
      stage.breakConnections(abruptly: true)
      let held = try stage.hello(on: await stage.line(after: line)).heldLeases
      try stage.require(held == [lease], "held leases of \([lease]), not \(held)")
      try stage.acknowledge(lease)
    },
    Scenario("finish-repeated-twice", "it is kept over two returns", .finishing) { stage in
      let (lease, line, _) = try await stage.unacknowledged()
      stage.breakConnections(abruptly: false)
      let next = try await stage.line(after: line)
      try await stage.barrier()
      stage.breakConnections(abruptly: true)
      let last = try await stage.line(after: next)
      let _: Bool = try await stage.wait("the finish of \(lease) on the third stream") { scene in
        scene.said(on: last).flatMap { $0.request.finishes }.contains { $0.lease == lease }
          ? true : nil
      }
      try stage.acknowledge(lease)
    },
    Scenario(
      "finish-acknowledged", "a finish that was acknowledged is not said again",
      .finishing
    ) { stage in
      let lease = try await stage.begin("check.echo", "once")
      _ = try await stage.text(of: lease)
      try await stage.barrier()
      let old = try await stage.line()
      stage.breakConnections(abruptly: true)
      let line = try await stage.line(after: old)
      try await stage.barrier()
      try stage.require(
        try stage.hello(on: line).heldLeases.isEmpty, "no held leases after the acknowledgement")
      let count = stage.look { $0.finishes(of: lease).count }
      try stage.require(count == 1, "one finish, not \(count)")
    },
    Scenario("finish-refused", "a finish whose lease has ended is dropped", .finishing) { stage in
      stage.setPolicy { $0.finishes = .lost }
      let lease = try await stage.begin("check.echo", "late")
      _ = try await stage.finish(of: lease)
      stage.setPolicy { $0.finishes = .accept }
      try await stage.barrier()
      let old = try await stage.line()
      stage.breakConnections(abruptly: true)
      let line = try await stage.line(after: old)
      try stage.require(
        try stage.hello(on: line).heldLeases.isEmpty, "no held leases after LEASE_LOST")
      try await stage.silent(about: lease, for: .milliseconds(300))
      try await stage.goesOn()
    },
    Scenario(
      "finish-problem", "a finish that makes no sense to the server harms no other task",
      .finishing
    ) { stage in
      let other = try await stage.begin("check.wait", "500")
      stage.setPolicy { $0.finishes = .problem("the check does not like it") }
      let lease = try await stage.begin("check.echo", "odd")
      _ = try await stage.finish(of: lease)
      stage.setPolicy { $0.finishes = .accept }
      try stage.require(try await stage.text(of: other) == "waited", "the other to end as it would")
      try await stage.goesOn()
      // What the worker makes of it is its own.
      stage.change { $0.book.lose(lease) }
      try stage.direct(.lost, lease)
    },
  ]
}

extension Stage {
  /// An attempt that is finished, of which the server has said nothing; and its stream.
  func unacknowledged() async throws -> (lease: String, line: Int, finish: API.Finish) {
    setPolicy { $0.finishes = .hold }
    let line = try await line()
    let lease = try await begin("check.echo", "kept until it is heard")
    return (lease, line, try await finish(of: lease))
  }
}
