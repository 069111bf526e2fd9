import MartletClient
import MartletCore
import Testing

@Suite("What a task went through, and why it is where it is", .serialized, .timeLimit(.minutes(2)))
struct StoryTests {
  private func types(_ trace: API.TaskTrace) -> [API.TraceNodeType] { trace.nodes.map(\.type) }

  private func causes(_ world: World, _ id: String) async throws -> [API.WaitingCauseType] {
    try await world.tasks.explain(id).causes.map(\.type)
  }

  @Test("a task's trace goes from its submission to its end", arguments: StoreKind.allCases)
  func straight(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let task = try await world.ended(.echo())
      let trace = try await world.tasks.trace(task.id).value
      #expect(types(trace) == [.submitted, .queued, .running, .ended])
      #expect(trace.state == .succeeded && trace.revision == task.revision)
      #expect(trace.nodes[0].actor == "tester")
      #expect(trace.nodes[2].outcome == .succeeded && trace.nodes[2].attempt == 1)
      #expect(trace.nodes[2].startTime == task.startTime)
      #expect(trace.nodes.last?.endTime == task.finishTime)
      #expect(trace.totals?.attempts == 1)
    }
  }

  @Test(
    "retries, a pause and a reopening are told, also after a restart", arguments: StoreKind.allCases
  )
  func turns(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      let failed = try await world.ended(
        .fail("{\"code\": \"BUSY\"}", retry: .quick(attempts: 2)))
      try await world.tasks.retry(failed.id, reason: "again")
      _ = try await world.tasks.waitUntilEnded(failed.id)
      let before = try await world.tasks.trace(failed.id).value
      let attempts = before.nodes.filter { $0.type == .running }
      #expect(attempts.map(\.attempt) == [1, 2, 3, 4])
      #expect(attempts.allSatisfy { $0.outcome == .failed && $0.failure?.code == "BUSY" })
      #expect(before.nodes.filter { $0.type == .reopened }.map(\.reason) == ["again"])
      #expect(before.nodes.filter { $0.type == .ended }.map(\.state) == [.failed, .failed])

      let paused = try await world.started(.gate)
      try await world.tasks.pause(paused, reason: "lunch")
      try await world.reached(paused, .paused)
      let open = try await world.tasks.trace(paused).value
      #expect(types(open) == [.submitted, .queued, .running, .paused])
      #expect(open.nodes[2].outcome == .released)
      #expect(open.nodes[3].reason == "lunch" && open.nodes[3].endTime == nil)

      try await world.restart()
      #expect(try await world.tasks.trace(failed.id).value == before)
      #expect(try await world.tasks.trace(paused).nodes.count == 4)
      #expect(try await causes(world, paused) == [.paused])
      #expect(try await causes(world, failed.id) == [.ended])
      gate.open()
    }
  }

  @Test("of a task with very many attempts the first and the newest are told")
  func omitted() async throws {
    var limits = Limits()
    limits.taskTurns = 3
    try await World.run(on: .sqlite, limits: limits) { world in
      let task = try await world.ended(.fail(retry: .quick(attempts: 8)))
      let trace = try await world.tasks.trace(task.id).value
      #expect(trace.nodes.first { $0.type == .omitted }?.omittedTurns == 4)
      #expect(trace.nodes.filter { $0.type == .running }.map(\.attempt) == [1, 6, 7, 8])
      #expect(trace.totals?.attempts == 8)
    }
  }

  @Test("why a task waits is told by what decides, and in words with the task and in lists")
  func explains() async throws {
    let gate = GateHandler()
    try await World.run(on: .sqlite, handlers: [gate], pool: nil) { world in
      try await world.pools.create("work", slots: 1)
      let running = try await world.started(.gate)
      let second = try await world.tasks.submit(.gate, to: "work").id
      let third = try await world.tasks.submit(.unserved, to: "work").id
      #expect(try await causes(world, running) == [.running])
      let slot = try await world.tasks.explain(second)
      #expect(slot.causes.map(\.type) == [.noFreeSlot])
      #expect(slot.causes[0].tasksAhead == 0 && slot.causes[0].slots == 1)
      #expect(try await causes(world, third) == [.noFreeSlot, .noWorker])
      #expect(try await world.tasks.get(second).waitingFor == "the pool's one slot is in use")
      try await world.pools.pause("work")
      let expected = "the pool work is paused"
      #expect(try await world.tasks.get(third).waitingFor == expected)
      var listed: [String: String] = [:]
      for try await task in world.tasks.list() { listed[task.id] = task.waitingFor }
      #expect(listed == [running: "", second: expected, third: expected])
      let pool = try await world.pools.explain("work")
      #expect(pool.causes.map(\.type) == [.poolPaused, .noFreeSlot, .noWorker])
      #expect(pool.causes.map(\.tasks) == [2, 2, 1])
      #expect(pool.slotsInUse == 1 && pool.pending == 2)
      gate.open()
      try await world.pools.resume("work")
      _ = try await world.tasks.waitUntilEnded(second)
      #expect(try await causes(world, third) == [.noWorker])
    }
  }

  @Test("what is not there is not found, and what is no id is refused")
  func missing() async throws {
    try await World.run(on: .memory) { world in
      for (id, reason) in [
        ("0000000000001", MartletError.Reason.taskNotFound), ("no id", .fieldInvalid),
        ("", .fieldInvalid),
      ] {
        let traced = try await refusal { try await world.tasks.trace(id) }
        #expect(traced.reason == reason)
        let explained = try await refusal { try await world.tasks.explain(id) }
        #expect(explained.reason == reason)
      }
      let missing = try await refusal { try await world.pools.explain("none") }
      #expect(missing.reason == .poolNotFound)
      let unnamed = try await refusal { try await world.pools.explain("") }
      #expect(unnamed.reason == .fieldInvalid)
    }
  }
}
