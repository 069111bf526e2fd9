internal import MartletAPI

extension Scenario {
  static let run: [Scenario] = [
    Scenario("payload-intact", "every byte of a payload arrives", .running) { stage in
      var order = Order("check.echo")
      order.payload = (0..<2_048).map { UInt8(truncatingIfNeeded: $0) }
      let result = try await stage.run(order)
      try stage.require(result.data == order.payload, "a result of the same 2,048 bytes")
    },
    Scenario("payload-empty", "an empty payload is a payload", .running) { stage in
      let result = try await stage.run(Order("check.echo"))
      try stage.require(result.data.isEmpty, "an empty result")
    },
    Scenario("payload-large", "a payload of 1 MiB arrives, and so does such a result", .running) {
      stage in
      var order = Order("check.echo")
      order.payload = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
      let result = try await stage.run(order, within: stage.timing.step * 2)
      try stage.require(result.data == order.payload, "a result of the same 1,048,576 bytes")
    },
    Scenario("content-type", "a result says its content type", .running) { stage in
      var order = Order("check.echo", "{}")
      order.contentType = "application/x-check+json"
      let result = try await stage.run(order)
      try stage.require(
        result.contentType == order.contentType,
        "the content type '\(order.contentType)', not '\(result.contentType)'")
    },
    Scenario("failure-said", "a handler that fails is a failure that says why", .running) {
      stage in
      let text = "no such thing: äöü 17"
      let finish = try await stage.finish(of: stage.assign(Order("check.fail", text)))
      guard case .failure(let failure)? = finish.outcome else {
        throw stage.breach("a failure, not a result")
      }
      try stage.require(failure.message.contains(text), "a message that contains '\(text)'")
    },
    Scenario("failure-harmless", "a handler that fails harms no other", .running) { stage in
      let other = try await stage.begin("check.wait", "300")
      _ = try await stage.finish(of: stage.assign(Order("check.fail", "oh")))
      try stage.require(try await stage.text(of: other) == "waited", "the other to end as it would")
      try await stage.goesOn()
    },
    Scenario("kinds-side-by-side", "tasks of several kinds run at the same time", .running) {
      stage in
      let long = try await stage.begin("check.wait", "1500")
      let steps = try await stage.assign(Order("check.steps", "3"))
      let echo = try await stage.run(Order("check.echo", "now"))
      try stage.require(echo.data == Array("now".utf8), "the echo")
      try stage.require(try await stage.text(of: steps) == "3", "3 steps")
      try stage.require(
        stage.look { $0.finishes(of: long).isEmpty }, "both before the one that waits for 1.5 s")
      try stage.require(try await stage.text(of: long) == "waited", "'waited'")
    },
    Scenario("many-once", "200 tasks each come to one finish", .running) { stage in
      var orders = (0..<200).map { Order("check.echo", "task \($0)") }
      var leases: [String] = []
      while !orders.isEmpty {
        try await stage.line()
        let free = stage.look { scene in
          scene.line.flatMap { scene.book.lines[$0]?.available } ?? 1
        }
        let next = Array(orders.prefix(max(1, free)))
        leases += try await stage.assign(next)
        orders.removeFirst(next.count)
      }
      for (index, lease) in leases.enumerated() {
        let text = try await stage.text(of: lease)
        try stage.require(text == "task \(index)", "the result of \(lease), not '\(text)'")
      }
      try await stage.barrier()
      let finishes = stage.look { $0.said().flatMap { $0.request.finishes } }
      try stage.require(finishes.count == 200, "200 finishes, not \(finishes.count)")
    },
    Scenario("kind-not-served", "a task of an unserved kind is failed or released", .running) {
      stage in
      let lease = try await stage.assign(Order("check.nobody.serves.this"))
      if case .finish(let finish) = try await stage.ending(of: lease) {
        guard case .failure? = finish.outcome else { throw stage.breach("a failure or a release") }
      }
      try await stage.goesOn()
    },
    Scenario("same-lease-once", "a lease that is assigned again is not run again", .running) {
      stage in
      stage.setPolicy { $0.finishes = .hold }
      var order = Order("check.wait", "200")
      let lease = try await stage.begin(order)
      order.lease = lease
      _ = try await stage.assign(order)
      _ = try await stage.finish(of: lease)
      try await stage.pass(.milliseconds(500))
      try await stage.barrier()
      let count = stage.look { $0.finishes(of: lease).count }
      try stage.require(count == 1, "one finish, not \(count)")
      try stage.acknowledge(lease)
    },
    Scenario("same-lease-kept", "a lease assigned again after a return is not run again", .running)
    {
      stage in
      var order = Order("check.steps", "20")
      let lease = try await stage.begin(order)
      let old = try await stage.line()
      stage.breakConnections(abruptly: true)
      let line = try await stage.line(after: old)
      let held = try stage.hello(on: line).heldLeases
      try stage.require(held == [lease], "hello to name what runs")
      order.lease = lease
      _ = try await stage.assign(order)
      let text = try await stage.text(of: lease, within: stage.timing.step * 2)
      try stage.require(text == "20", "the 20 steps of one attempt, not '\(text)'")
      try await stage.pass(.milliseconds(300))
      let count = stage.look { $0.finishes(of: lease).count }
      try stage.require(count == 1, "one finish, not \(count)")
      let steps = stage.checkpoints(of: lease).map(\.data).compactMap { data in
        Int(String(decoding: data, as: UTF8.self))
      }
      // Also two runs side by side make steps twice: 1, 1, 2, 2 is in order, too.
      let isOnce = zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 }
      try stage.require(isOnce, "no step to be made again, as in \(steps)")
    },
    Scenario("finish-whole", "each finish says a result or a failure, within its limits", .running)
    {
      stage in
      try await stage.burst()
      try stage.requireNone(of: .finishWhole)
    },
  ]
}
