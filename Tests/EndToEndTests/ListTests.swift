import MartletClient
import Testing

@Suite("Lists and counts", .serialized, .timeLimit(.minutes(2)))
struct ListTests {
  @Test("pages put together are what was submitted, each task once", arguments: StoreKind.allCases)
  func pages(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let ids = try await world.finished((0..<137).map { .echo("\($0)") }).map(\.id)
      for size in [1, 10, 50, 137, 1_000] where size > 1 || store == .memory {
        var pages: [[String]] = []
        for try await page in world.tasks.list(pageSize: size).pages {
          pages.append(page.tasks.map(\.id))
          #expect(page.totalSize == 137)
        }
        #expect(pages.flatMap { $0 } == ids.reversed())
        #expect(pages.dropLast().allSatisfy { $0.count == size })
      }
      var byAge: [String] = []
      for try await task in world.tasks.list(order: "create_time asc") { byAge.append(task.id) }
      #expect(byAge == ids)
    }
  }

  @Test(
    "tasks that come while pages are read neither shift nor double them",
    arguments: StoreKind.allCases)
  func stablePages(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let ids = try await world.tasks.submitBatch(
        Array(repeating: .unserved, count: 30), to: "work"
      ).value
      var seen: [String] = []
      for try await page in world.tasks.list(pageSize: 7).pages {
        seen += page.tasks.map(\.id)
        try await world.tasks.submitBatch([.unserved, .unserved], to: "work")
      }
      #expect(seen == ids.reversed())
    }
  }

  @Test(
    "a list by finish time has finished tasks only, in the order of their ends",
    arguments: StoreKind.allCases)
  func byFinishTime(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.tasks.submit(.unserved, to: "work")
      var ends: [String] = []
      for _ in 0..<3 { ends.append(try await world.ended(.echo()).id) }
      var listed: [String] = []
      for try await task in world.tasks.list(order: "finish_time desc") { listed.append(task.id) }
      #expect(listed == ends.reversed())
    }
  }

  @Test("filters choose by every field", arguments: StoreKind.allCases)
  func filters(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.pools.create("other", slots: 1)
      let red = try await world.ended(.echo("1", labels: ["colour": "red", "n": "1"]))
      let blue = try await world.ended(.echo("2", labels: ["colour": "blue"]), in: "other")
      let broken = try await world.ended(.fail(retry: .quick(attempts: 2)))
      let urgent = try await world.tasks.submit(
        .init(kind: "unserved", priority: 9), to: "work"
      ).value
      func expect(_ filter: String, _ tasks: [API.Task]) async throws {
        var found: [String] = []
        for try await task in world.tasks.list(filter: filter, order: "create_time asc") {
          found.append(task.id)
        }
        #expect(found == tasks.map(\.id), "\(filter)")
      }
      try await expect("", [red, blue, broken, urgent])
      try await expect(#"pool = "other""#, [blue])
      try await expect("state = SUCCEEDED", [red, blue])
      try await expect("state != SUCCEEDED", [broken, urgent])
      try await expect(#"kind = "fail""#, [broken])
      try await expect(#"labels.colour = "red""#, [red])
      try await expect("labels.colour:*", [red, blue])
      try await expect(#"pool = "work" AND state = SUCCEEDED AND labels.n = "1""#, [red])
      try await expect("priority > 5", [urgent])
      try await expect("attempt >= 2", [broken])
      try await expect(#"id = "\#(blue.id)""#, [blue])
      let time = try #require(blue.createTime).rfc3339(digits: 9)
      try await expect(#"create_time < "\#(time)""#, [red])
      try await expect(#"create_time >= "\#(time)""#, [blue, broken, urgent])
      let end = try #require(broken.finishTime).rfc3339(digits: 9)
      try await expect(#"finish_time >= "\#(end)""#, [broken])
      try await expect(#"pool = "nowhere""#, [])
      try await expect("state = FAILED OR labels.colour = red", [red, broken])
      try await expect("NOT labels:colour", [broken, urgent])
      try await expect("(kind = f* OR priority = 9) AND -state = FAILED", [urgent])
      try await expect("failure.kind = HANDLER AND failure.code:*", [broken])
      try await expect("finish_time:* run_time >= 0s run_time < 10m", [red, blue, broken])
      try await expect("queue_time >= 0s age < 10m", [red, blue, broken, urgent])
    }
  }

  @Test("a wrong filter is refused and says where", arguments: StoreKind.allCases)
  func wrongFilter(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let error = await #expect(throws: MartletError.self) {
        try await world.tasks.count(filter: "pool = a OR state = done")
      }
      #expect(error?.reason == .filterInvalid)
      #expect(error?.metadata["position"] == "21")
      #expect(error?.message.hasSuffix("\n                    ^") == true)
      for filter in [
        String(repeating: "a", count: 100_000), String(repeating: "(", count: 1_000),
      ] {
        let error = await #expect(throws: MartletError.self) {
          try await world.tasks.count(filter: filter)
        }
        #expect(error?.reason == .filterInvalid)
      }
    }
  }

  @Test("counts are exact, by pool, state and kind", arguments: StoreKind.allCases)
  func counts(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.pools.create("other", slots: 4)
      try await world.finished(Array(repeating: .echo(labels: ["a": "b"]), count: 40))
      try await world.finished(Array(repeating: .echo(), count: 7), in: "other")
      try await world.finished(Array(repeating: .fail(retry: .never), count: 5), in: "other")
      try await world.tasks.submitBatch(Array(repeating: .unserved, count: 11), to: "work")
      let counts = try await world.tasks.count()
      #expect(counts.total == 63)
      #expect(
        counts.counts == [
          .init(pool: "other", state: .succeeded, kind: "echo", count: 7),
          .init(pool: "other", state: .failed, kind: "fail", count: 5),
          .init(pool: "work", state: .pending, kind: "unserved", count: 11),
          .init(pool: "work", state: .succeeded, kind: "echo", count: 40),
        ])
      #expect(try await world.tasks.count(filter: "state = SUCCEEDED").total == 47)
      #expect(try await world.tasks.count(filter: "labels.a = b").total == 40)
      #expect(try await world.tasks.count(filter: #"pool = "nowhere""#).total == 0)
    }
  }

  @Test("a total is there when it is free, else on request", arguments: StoreKind.allCases)
  func totals(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.finished(Array(repeating: .echo(labels: ["a": "b"]), count: 12))
      try await world.finished([.echo()])
      let calls = world.taskCalls
      func total(_ filter: String, want: Bool) async throws -> Int64? {
        try await calls.listTasks(.init(filter: filter, pageSize: 5, wantTotal: want)).totalSize
      }
      #expect(try await total(#"kind = "echo" AND pool = "work""#, want: false) == 13)
      #expect(try await total("labels.a = b", want: false) == nil)
      #expect(try await total("labels.a = b", want: true) == 12)
    }
  }

  @Test("a read sees all that was acknowledged before it", arguments: StoreKind.allCases)
  func readsOwnWrites(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      for round in 1...20 {
        let reply = try await world.tasks.submit(.unserved, to: "work")
        var newest = world.tasks.list(pageSize: 1).makeAsyncIterator()
        #expect(try await newest.next()?.id == reply.id)
        #expect(try await world.tasks.count().total == Int64(round))
        #expect(try await world.tasks.get(reply.id, minCursor: reply.cursor).id == reply.id)
      }
    }
  }

  @Test(
    "a list's cursor is where to watch from, whatever happens while it is read",
    arguments: StoreKind.allCases)
  func listThenWatch(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.tasks.submitBatch(Array(repeating: .unserved, count: 5), to: "work")
      var cursors: [String] = []
      var ids: [String] = []
      for try await page in world.tasks.list(pageSize: 2).pages {
        cursors.append(page.cursor)
        ids += page.tasks.map(\.id)
        try await world.tasks.submit(.unserved, to: "work")
      }
      #expect(Set(cursors).count == 1)
      let later = try await world.events(
        .init(types: [.taskSubmitted]), from: .cursor(cursors[0]))
      #expect(later.count == 3)
      #expect(Set(later.map(\.taskId)).isDisjoint(with: ids))
    }
  }

  @Test("a page ends at about 1 MiB", arguments: StoreKind.allCases)
  func pageBytes(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let payload = [UInt8](repeating: 7, count: 300_000)
      let spec = API.TaskSpec(kind: "unserved", payload: payload)
      try await world.tasks.submitBatch(Array(repeating: spec, count: 8), to: "work")
      var sizes: [Int] = []
      for try await page in world.tasks.list(view: .full).pages { sizes.append(page.tasks.count) }
      #expect(sizes == [3, 3, 2])
    }
  }

  @Test(
    "tokens and filters that make no sense are refused with their reason",
    arguments: StoreKind.allCases)
  func refusals(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let calls = world.taskCalls
      try await world.tasks.submitBatch([.unserved, .unserved], to: "work")
      let page = try await calls.listTasks(.init(pageSize: 1))
      let other = try await refusal {
        try await calls.listTasks(
          .init(filter: "state = FAILED", pageSize: 1, pageToken: page.nextPageToken))
      }
      #expect(other.code == .invalidArgument && other.reason == .pageTokenInvalid)
      let nonsense = try await refusal { try await calls.listTasks(.init(pageToken: "x")) }
      #expect(nonsense.reason == .pageTokenInvalid)
      for filter in ["state =", "nonsense = 1", "state = SLEEPY", "priority > high"] {
        let error = try await refusal { try await calls.countTasks(.init(filter: filter)) }
        #expect(error.code == .invalidArgument && error.reason == .filterInvalid, "\(filter)")
        #expect(error.violations.map(\.field) == ["filter"])
      }
    }
  }
}
