import MartletClient

/// One client that submits batches, 16 of them in flight, for a while, and then waits until the
/// last task has finished.
struct BatchLoad: Sendable {
  var pools: [String]
  var specs = [API.TaskSpec](repeating: .nothing, count: 100)
  var inFlight = 16
  /// The tasks of each batch, if not all batches are the same; as many as `specs`.
  var specsOf: (@Sendable (Int) -> [API.TaskSpec])?

  struct Outcome: Sendable {
    var tasks: Int
    /// From the first submission to the end of the last task.
    var time: Duration

    var rate: Double { Double(tasks) / time.inSeconds }
  }

  /// When to stop submitting.
  enum Extent: Sendable {
    case time(Duration)
    /// At least so many tasks.
    case tasks(Int)
  }

  private static let clock = ContinuousClock()

  func run(_ client: Client, _ extent: Extent) async throws -> Outcome {
    let before = try await ended(client)
    let start = Self.clock.now
    let tasks = try await submit(client, extent)
    // What is waiting then is many commits' work: looking for its end each millisecond adds
    // nothing.
    while try await ended(client) < before + tasks {
      try await Task.sleep(for: .milliseconds(1))
    }
    return Outcome(tasks: tasks, time: Self.clock.now - start)
  }

  /// Returns how many tasks were submitted when the last batch has been acknowledged.
  func submit(_ client: Client, _ extent: Extent) async throws -> Int {
    let start = Self.clock.now
    return try await withThrowingTaskGroup(of: Int.self) { group in
      let counter = Tally()
      for _ in 0..<inFlight {
        group.addTask(executorPreference: client.channel.taskExecutor) {
          try await submitBatches(client, extent, start, counter)
        }
      }
      var tasks = 0
      for try await count in group { tasks += count }
      return tasks
    }
  }

  private func submitBatches(
    _ client: Client, _ extent: Extent, _ start: ContinuousClock.Instant, _ counter: Tally
  ) async throws -> Int {
    var tasks = 0
    while true {
      let number = counter.next()
      switch extent {
      case .time(let time): if Self.clock.now - start >= time { return tasks }
      case .tasks(let count): if number * specs.count >= count { return tasks }
      }
      let reply = try await client.tasks.batchSubmitTasks(
        .init(pool: pools[number % pools.count], specs: specsOf?(number) ?? specs))
      tasks += reply.taskIds.count
    }
  }

  /// How many tasks of the pools have ended since the pools were made. Fails if any did not
  /// succeed.
  private func ended(_ client: Client) async throws -> Int {
    var succeeded: Int64 = 0
    var others: Int64 = 0
    func add(_ pool: API.Pool?) {
      guard let status = pool?.status else { return }
      succeeded += status.totalSucceeded
      others += status.totalFailed + status.totalCancelled + status.totalRetried
    }
    if pools.count == 1 {
      add(try await client.pools.getPool(.init(name: pools[0])).pool)
    } else {
      let wanted = Set(pools)
      for pool in try await client.pools.listPools(.init(pageSize: 1_000)).pools
      where wanted.contains(pool.name) { add(pool) }
    }
    guard others == 0 else { throw BenchProblem("\(others) tasks of a load did not succeed") }
    return Int(succeeded)
  }
}
