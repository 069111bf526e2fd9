import MartletRPC
import MartletRPCServices
import Testing

@Suite("The health board") struct HealthBoardTests {
  @Test("says NOT_SERVING until somebody says otherwise")
  func startsDown() {
    let board = HealthBoard(services: ["a.B"])
    #expect(board.status() == .notServing)
    #expect(board.statuses == ["": .notServing, "a.B": .notServing])
  }

  @Test("tells a watcher what is now, then each change, until it closes")
  func tellsChanges() async {
    let board = HealthBoard()
    var watch = board.changes().makeAsyncIterator()
    #expect(await watch.next() == .notServing)
    board.setAll(.serving)
    #expect(await watch.next() == .serving)
    board.setAll(.serving)
    board.setAll(.notServing)
    #expect(await watch.next() == .notServing)
    board.close()
    #expect(await watch.next() == nil)
  }

  @Test("tells a late watcher of a closed board what is, and ends")
  func endsLateWatchers() async {
    let board = HealthBoard()
    board.setAll(.serving)
    board.close()
    board.setAll(.serving)
    var seen: [HealthBoard.Status?] = []
    for await status in board.changes() { seen.append(status) }
    #expect(seen == [.notServing])
  }

  @Test("services live and die each by itself")
  func services() {
    let board = HealthBoard(services: ["a.B"])
    board.set(.serving, for: "c.D")
    #expect(board.statuses == ["": .notServing, "a.B": .notServing, "c.D": .serving])
    board.remove("a.B")
    #expect(board.status(of: "a.B") == nil)
  }
}

@Suite("grpc.health.v1") struct HealthServiceTests {
  private func run(
    _ board: HealthBoard, _ body: (GRPCHealth.HealthClient) async throws -> Void
  ) async throws {
    var router = ServerRouter()
    router.add(HealthService(board: board))
    try await withServer(router) { channel, _ in try await body(.init(channel: channel)) }
  }

  @Test("Check answers what the board says, NOT_FOUND for what it does not know")
  func check() async throws {
    let board = HealthBoard(services: ["a.B"])
    board.set(.serving, for: "a.B")
    try await run(board) { health async throws in
      #expect(try await health.check(.init()).status == .notServing)
      #expect(try await health.check(.init(service: "a.B")).status == .serving)
      let error = await #expect(throws: RPCStatus.self) {
        try await health.check(.init(service: "c.D"))
      }
      #expect(error?.code == .notFound)
    }
  }

  @Test("Watch says what is at once, SERVICE_UNKNOWN stays open until the service is known")
  func watchUnknown() async throws {
    let board = HealthBoard()
    try await run(board) { health async throws in
      var watch = health.watch(.init(service: "a.B")).makeAsyncIterator()
      #expect(try await watch.next()?.status == .serviceUnknown)
      board.set(.notServing, for: "a.B")
      #expect(try await watch.next()?.status == .notServing)
      board.set(.serving, for: "a.B")
      #expect(try await watch.next()?.status == .serving)
      board.remove("a.B")
      #expect(try await watch.next()?.status == .serviceUnknown)
    }
  }

  @Test("Watch ends with NOT_SERVING and UNAVAILABLE when the board closes")
  func watchEnds() async throws {
    let board = HealthBoard()
    board.setAll(.serving)
    try await run(board) { health async throws in
      var watch = health.watch(.init()).makeAsyncIterator()
      #expect(try await watch.next()?.status == .serving)
      board.close()
      #expect(try await watch.next()?.status == .notServing)
      let error = await #expect(throws: RPCStatus.self) { _ = try await watch.next() }
      #expect(error?.code == .unavailable)
    }
  }

  @Test("List answers everything that Check knows, at most 100")
  func list() async throws {
    let board = HealthBoard(services: (1...99).map { "s\($0)" })
    board.set(.serving, for: "s1")
    try await run(board) { health async throws in
      let statuses = try await health.list(.init()).statuses
      #expect(statuses.count == 100)
      #expect(statuses["s1"]?.status == .serving)
      #expect(statuses[""]?.status == .notServing)
      board.set(.serving, for: "one more")
      let error = await #expect(throws: RPCStatus.self) { _ = try await health.list(.init()) }
      #expect(error?.code == .resourceExhausted)
    }
  }
}
