import MartletClient
import Testing

@Suite("Many at once", .serialized, .timeLimit(.minutes(2)))
struct LoadTests {
  @Test("a thousand concurrent submitters each get their task, once", arguments: StoreKind.allCases)
  func submitters(on store: StoreKind) async throws {
    try await World.run(on: store, pool: nil) { world in
      try await world.pools.create("wide", slots: 100)
      let client = world.client
      let texts = try await withThrowingTaskGroup(of: (String, String).self) { group in
        for number in 0..<1_000 {
          group.addTask {
            let id = try await client.tasks.submit(.echo("n\(number)"), to: "wide").id
            let task = try await client.tasks.waitUntilEnded(id)
            let data = task.result?.data ?? []
            return (id, String(decoding: data, as: UTF8.self))
          }
        }
        return try await group.reduce(into: [String: String]()) { $0[$1.0] = $1.1 }
      }
      #expect(texts.count == 1_000)
      #expect(Set(texts.values) == Set((0..<1_000).map { "n\($0)" }))
      #expect(try await world.tasks.count(filter: "state = SUCCEEDED").total == 1_000)
      let events = try await world.events()
      #expect(events.map(\.revision) == Array(1...3_001))
      for type in [API.EventType.taskSubmitted, .taskStarted, .taskSucceeded] {
        let ids = events.filter { $0.type == type }.map(\.taskId)
        #expect(ids.count == 1_000 && Set(ids) == Set(texts.keys))
      }
    }
  }

  @Test(
    "batches of many clients are kept whole and in their own order", arguments: StoreKind.allCases)
  func batches(on store: StoreKind) async throws {
    try await World.run(on: store, pool: nil) { world in
      try await world.pools.create("wide", slots: 50)
      let client = world.client
      let batches = try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<16 {
          group.addTask {
            try await client.tasks.submitBatch(
              Array(repeating: .echo(), count: 500), to: "wide"
            ).value
          }
        }
        return try await group.reduce(into: [[String]]()) { $0.append($1) }
      }
      for try await _ in world.tasks.wait(batches.flatMap { $0 }) {}
      let order = try await world.events(.init(types: [.taskSubmitted])).map(\.taskId)
      #expect(order.count == 8_000)
      for batch in batches {
        let start = try #require(order.firstIndex(of: batch[0]))
        #expect(Array(order[start..<(start + 500)]) == batch)
      }
    }
  }

  @Test("the same request from many callers at once is one task", arguments: StoreKind.allCases)
  func sameRequest(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let client = world.client
      let ids = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<100 {
          group.addTask {
            try await client.tasks.submit(.echo("once"), to: "work", requestID: "the one").id
          }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(ids.count == 1)
      #expect(try await world.tasks.count().total == 1)
    }
  }

  @Test(
    "many cancels and finishes at once leave each task with one end", arguments: StoreKind.allCases)
  func races(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let ids = try await world.tasks.submitBatch(
        Array(repeating: .echo(), count: 400), to: "work"
      ).value
      let client = world.client
      await withTaskGroup(of: Void.self) { group in
        for id in ids { group.addTask { _ = try? await client.tasks.cancel(id) } }
      }
      for try await _ in world.tasks.wait(ids) {}
      let ends = try await world.events(.init(types: [.taskSucceeded, .taskCancelled]))
      #expect(ends.map(\.taskId).sorted() == ids)
      let status = try #require(try await world.pools.get("work").status)
      #expect(status.totalSucceeded + status.totalCancelled == 400)
      #expect(status.queued == 0 && status.slotsInUse == 0)
    }
  }
}
