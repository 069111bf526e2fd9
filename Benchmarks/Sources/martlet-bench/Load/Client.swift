import MartletClient

/// One connection to the server, with the generated clients on it.
struct Client: Sendable {
  let channel: RPCChannel
  let tasks: API.TaskServiceClient
  let groups: API.GroupServiceClient
  let pools: API.PoolServiceClient
  let events: API.EventServiceClient
  let server: API.ServerServiceClient
  let workers: API.WorkerServiceClient
  let limits: API.LimitServiceClient
  let stats: API.StatsServiceClient

  init(_ address: String) throws {
    channel = try RPCChannel(target: address)
    tasks = API.TaskServiceClient(channel: channel)
    groups = API.GroupServiceClient(channel: channel)
    pools = API.PoolServiceClient(channel: channel)
    events = API.EventServiceClient(channel: channel)
    server = API.ServerServiceClient(channel: channel)
    workers = API.WorkerServiceClient(channel: channel)
    limits = API.LimitServiceClient(channel: channel)
    stats = API.StatsServiceClient(channel: channel)
  }

  /// On the connection's own event loop, where its calls need no hop.
  func onLoop<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await Task(executorPreference: channel.taskExecutor, operation: body).value
  }

  /// So many at once, all on the connection's own event loop.
  func inParallel(
    _ count: Int, _ body: @escaping @Sendable (_ number: Int) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<count {
        group.addTask(executorPreference: channel.taskExecutor) { try await body(number) }
      }
      try await group.waitForAll()
    }
  }

  func createPool(_ name: String, slots: Int32 = 100, paused: Bool = false) async throws {
    let spec = API.PoolSpec(slots: slots, queueCapacity: 10_000_000)
    _ = try await pools.createPool(.init(name: name, spec: spec))
    if paused { _ = try await pools.pausePool(.init(name: name)) }
  }

  /// Returns when the index holds everything that this client has seen.
  func waitForIndex() async throws { _ = try await tasks.listTasks(.init(pageSize: 1)) }
}

extension API.TaskSpec {
  /// The task that does nothing.
  static let nothing = API.TaskSpec(kind: "echo")

  static func echo(payloadBytes: Int) -> API.TaskSpec {
    API.TaskSpec(kind: "echo", payload: [UInt8](repeating: 0x61, count: payloadBytes))
  }
}
