import MartletClient
import MartletFakes
import Testing

@Suite("Calls")
struct TaskCallTests {
  @Test("a submit that is repeated keeps its request id, so that the task is there once")
  func repeatedSubmit() async throws {
    try await ClientWorld.with { world in
      try await world.client.pools.create("p", slots: 1)
      world.node.failNext(FakeNode.unavailable, FakeNode.unavailable)
      let task = try await world.client.tasks.submit(.init(kind: "echo", json: "1"), to: "p")
      #expect(task.state == .succeeded)
      #expect(world.node.taskCount == 1)
      #expect(world.pauses.all.count == 2)
    }
  }

  @Test("each submit has a request id of its own, unless the caller brings one")
  func requestIDs() async throws {
    try await ClientWorld.with { world in
      try await world.client.pools.create("p", slots: 1)
      let spec = API.TaskSpec(kind: "echo", json: "1")
      try await world.client.tasks.submit(spec, to: "p")
      try await world.client.tasks.submit(spec, to: "p")
      let first = try await world.client.tasks.submit(spec, to: "p", requestID: "mine")
      let again = try await world.client.tasks.submit(spec, to: "p", requestID: "mine")
      #expect(first.id == again.id)
      let ids = world.node.requestIDs
      #expect(Set(ids).count == 3)
      #expect(ids.first?.count == 32)
    }
  }

  @Test("a call that must not be repeated is not")
  func createOnce() async throws {
    try await ClientWorld.with { world in
      world.node.failNext(FakeNode.unavailable)
      await #expect(throws: MartletError.self) {
        try await world.client.pools.create("p", slots: 1)
      }
      #expect(world.pauses.all.isEmpty)
    }
  }

  @Test("a server that stays away is asked as often as configured, with delays that grow")
  func givesUp() async throws {
    try await ClientWorld.with { world in
      world.node.failNext(
        FakeNode.unavailable, FakeNode.unavailable, FakeNode.unavailable, FakeNode.unavailable,
        FakeNode.unavailable, FakeNode.unavailable)
      let error = await #expect(throws: MartletError.self) {
        try await world.client.serverInfo()
      }
      #expect(error?.code == .unavailable)
      #expect(world.node.unaryCalls == 5)
      let pauses = world.pauses.all
      #expect(pauses.count == 4)
      #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test("a full queue throws, with the delay that the server asks for")
  func queueFull() async throws {
    try await ClientWorld.with { world in
      try await world.client.pools.create("p", slots: 1)
      world.node.failNext(FakeNode.queueFull(retryAfter: .milliseconds(1_500)))
      let error = await #expect(throws: MartletError.self) {
        try await world.client.tasks.submit(.init(kind: "echo"), to: "p")
      }
      #expect(error?.reason == .queueFull)
      #expect(error?.retryDelay == .milliseconds(1_500))
    }
  }

  @Test("who waits for room comes back when the server says, as often as it takes")
  func waitsForRoom() async throws {
    try await ClientWorld.with { world in
      try await world.client.pools.create("p", slots: 1)
      for _ in 1...7 { world.node.failNext(FakeNode.queueFull(retryAfter: .seconds(1))) }
      let patient = world.client.with { $0.waitsForRoom = true }
      try await patient.tasks.submitBatch([.init(kind: "echo"), .init(kind: "echo")], to: "p")
      #expect(world.node.taskCount == 2)
      #expect(world.pauses.all.count == 7)
      #expect(world.pauses.all.allSatisfy { $0 >= .seconds(1) && $0 <= .milliseconds(1_200) })
    }
  }

  @Test("the actor goes with every call")
  func actor() async throws {
    try await ClientWorld.with(actor: "ada") { world in
      try await world.client.pools.create("p", slots: 1)
      _ = try await world.client.with { $0.actor = "bob" }.serverInfo()
      #expect(world.node.actors == ["ada", "bob"])
    }
  }

  @Test("a list fetches page after page, and each iteration starts anew")
  func list() async throws {
    try await ClientWorld.with { world in
      try await world.client.pools.create("p", slots: 1)
      let specs = Array(repeating: API.TaskSpec(kind: "echo"), count: 25)
      let ids = try await world.client.tasks.submitBatch(specs, to: "p").value
      let list = world.client.tasks.list(pageSize: 10)
      for _ in 1...2 {
        var listed: [String] = []
        for try await task in list { listed.append(task.id) }
        #expect(listed == ids.reversed())
      }
      var sizes: [Int] = []
      for try await page in list.pages { sizes.append(page.tasks.count) }
      #expect(sizes == [10, 10, 5])
    }
  }

  @Test("pools are created, changed and deleted")
  func pools() async throws {
    try await ClientWorld.with { world in
      let pools = world.client.pools
      let pool = try await pools.create("p", slots: 4)
      #expect(pool.spec?.slots == 4)
      #expect(!pool.cursor.isEmpty)
      #expect(try await pools.pause("p").state == .paused)
      #expect(try await pools.resume("p").state == .active)
      #expect(try await pools.drain("p").state == .draining)
      let spec = API.PoolSpec(slots: 9)
      #expect(try await pools.update("p", spec: spec, fields: ["slots"]).spec?.slots == 9)
      let stale = await #expect(throws: MartletError.self) {
        try await pools.update("p", spec: spec, fields: ["slots"], etag: "old")
      }
      #expect(stale?.reason == .etagMismatch)
      #expect(try await pools.list().map(\.name) == ["p"])
      try await pools.delete("p")
      let gone = await #expect(throws: MartletError.self) { try await pools.get("p") }
      #expect(gone?.reason == .poolNotFound)
    }
  }

  @Test("ping answers, and says UNAVAILABLE when nobody is there")
  func ping() async throws {
    try await ClientWorld.with { world in
      #expect(try await world.client.ping() > .zero)
      try await world.client.waitUntilServing(atMost: .seconds(5))
      await world.server.stop()
      let error = await #expect(throws: MartletError.self) { try await world.client.ping() }
      #expect(error?.code == .unavailable)
    }
  }

  @Test("an address that is none is refused at once")
  func badTarget() {
    #expect(throws: MartletError.self) { try MartletClient(target: "no address") }
  }
}
