import MartletClient
import Testing

@Suite("Waiting", .serialized, .timeLimit(.minutes(2)))
struct WaitTests {
  @Test(
    "a wait tells the task now, then each change, and ends with the task",
    arguments: StoreKind.allCases)
  func everyChange(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      try await world.pools.pause("work")
      var spec = API.TaskSpec.gate
      spec.payload = [7]
      let id = try await world.tasks.submit(spec, to: "work").id
      var seen: [API.WaitTaskResponse] = []
      for try await response in world.taskCalls.waitTask(.init(id: id, view: .full)) {
        seen.append(response)
        switch response.task?.state {
        case .pending: try await world.pools.resume("work")
        case .running: gate.open()
        default: break
        }
      }
      #expect(seen.map { $0.task?.state } == [.pending, .running, .succeeded])
      #expect(seen.map { $0.task?.waitingFor } == ["the pool work is paused", "", ""])
      #expect(seen.allSatisfy { $0.task?.spec?.payload == [7] })
      #expect(seen.last?.task?.result?.data == Array("passed".utf8))
      let revisions = seen.compactMap { $0.task?.revision }
      #expect(revisions == revisions.sorted() && Set(revisions).count == 3)
      #expect(Set(seen.map(\.cursor)).count == 3)
    }
  }

  @Test("a wait for a task that has ended tells so and ends", arguments: StoreKind.allCases)
  func ended(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let task = try await world.ended(.echo("x"))
      var states: [API.TaskState?] = []
      for try await response in world.taskCalls.waitTask(.init(id: task.id)) {
        states.append(response.task?.state)
        #expect(response.task?.result == nil, "the BASIC view has no results")
      }
      #expect(states == [.succeeded])
      let error = try await refusal {
        for try await _ in world.taskCalls.waitTask(.init(id: "0000000000001")) {}
      }
      #expect(error.reason == .taskNotFound)
    }
  }

  @Test(
    "a wait for all hands out each task once and ends with the last", arguments: StoreKind.allCases)
  func all(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      let early = try await world.finished([.echo("a"), .echo("b")]).map(\.id)
      let late = try await world.tasks.submitBatch(
        Array(repeating: .gate, count: 20), to: "work"
      ).value
      let unknown = "0000000000001"
      var ended: [String] = []
      var strangers: [String] = []
      var left: [Int32] = []
      let request = API.WaitTasksRequest(ids: early + late + [unknown], mode: .all)
      for try await response in world.taskCalls.waitTasks(request) {
        ended += response.tasks.map(\.id)
        strangers += response.unknownIds
        left.append(response.remaining)
        if response.remaining == 20 { gate.open() }
      }
      #expect(ended.sorted() == early + late)
      #expect(strangers == [unknown])
      #expect(left == left.sorted(by: >) && left.last == 0)
    }
  }

  @Test("a wait for any ends with the first", arguments: StoreKind.allCases)
  func any(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      let ids = try await world.tasks.submitBatch([.unserved, .gate, .unserved], to: "work").value
      var ended: [API.Task] = []
      let request = API.WaitTasksRequest(ids: ids, mode: .any, view: .full)
      for try await response in world.taskCalls.waitTasks(request) {
        ended += response.tasks
        gate.open()
      }
      #expect(ended.map(\.id) == [ids[1]])
      #expect(ended[0].result?.data == Array("passed".utf8))
    }
  }

  @Test("a wait that is cancelled ends, and the task goes on", arguments: StoreKind.allCases)
  func cancelled(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      let id = try await world.started(.gate)
      let tasks = world.tasks
      let waiter = Task { try await tasks.waitUntilEnded(id) }
      waiter.cancel()
      await #expect(throws: CancellationError.self) { try await waiter.value }
      gate.open()
      #expect(try await world.tasks.waitUntilEnded(id).state == .succeeded)
    }
  }

  @Test(
    "ten thousand waits, one stream each, all hear of their task", arguments: StoreKind.allCases)
  func manyStreams(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate], pool: nil) { world in
      try await world.pools.create("wide", slots: 1_000)
      let ids = try await world.tasks.submitBatch(
        Array(repeating: .gate, count: 10_000), to: "wide"
      ).value
      let target = world.client.target
      let ended = try await withThrowingTaskGroup(of: Int.self) { group in
        for part in 0..<20 {
          let some = ids[(part * 500)..<(part * 500 + 500)]
          group.addTask {
            try await Self.wait(for: some, at: target, gate: part == 19 ? gate : nil)
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(ended == 10_000)
    }
  }

  /// Waits for tasks over a connection of its own; returns how many succeeded. Opens the gate when
  /// all its waits have begun.
  private static func wait(
    for ids: ArraySlice<String>, at target: String, gate: GateHandler?
  ) async throws -> Int {
    let client = try MartletClient(target: target)
    let (begun, begins) = AsyncStream.makeStream(of: Void.self)
    let count = try await withThrowingTaskGroup(of: Bool.self) { group in
      for id in ids {
        group.addTask {
          var last: API.TaskState?
          for try await task in client.tasks.wait(id, view: .basic) {
            if last == nil { begins.yield() }
            last = task.state
          }
          return last == .succeeded
        }
      }
      var started = 0
      for await _ in begun {
        started += 1
        if started == ids.count { break }
      }
      gate?.open()
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    await client.close()
    return count
  }

  @Test(
    "one stream waits for ten thousand tasks, and one more id is refused",
    arguments: StoreKind.allCases)
  func manyIDs(on store: StoreKind) async throws {
    try await World.run(on: store, pool: nil) { world in
      try await world.pools.create("wide", slots: 100)
      try await world.pools.pause("wide")
      let ids = try await world.tasks.submitBatch(
        Array(repeating: .echo(), count: 10_000), to: "wide"
      ).value
      var ended: Set<String> = []
      var isFirst = true
      for try await response in world.taskCalls.waitTasks(.init(ids: ids)) {
        ended.formUnion(response.tasks.map(\.id))
        if isFirst { try await world.pools.resume("wide") }
        isFirst = false
      }
      #expect(ended == Set(ids))
      let error = try await refusal {
        for try await _ in world.taskCalls.waitTasks(.init(ids: ids + ids.prefix(1))) {}
      }
      #expect(error.code == .invalidArgument && error.violations.map(\.field) == ["ids"])
    }
  }
}
