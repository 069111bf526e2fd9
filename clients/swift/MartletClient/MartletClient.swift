internal import MartletRPC
internal import MartletRPCServices

/// A client of one Martlet server.
///
/// ```swift
/// let martlet = try MartletClient(target: "127.0.0.1:7411")
/// try await martlet.pools.create("mails", slots: 4)
/// let spec = API.TaskSpec(kind: "echo", json: #"{"to": "ada"}"#)
/// let task = try await martlet.tasks.submit(spec, to: "mails")
/// print(try await martlet.tasks.waitUntilEnded(task.id).state)
/// ```
///
/// A value: copies share one connection, which is made when the first call needs it and made again
/// when it is lost. Every method throws `MartletError`, or `CancellationError` when the Swift task
/// that called it was cancelled.
public struct MartletClient: Sendable {
  let runner: CallRunner

  /// Opens nothing yet.
  ///
  /// - Parameter target: `host:port` or `unix:/path`.
  public init(
    target: String = MartletClient.defaultTarget, configuration: Configuration = .init()
  ) throws {
    do {
      let channel = try RPCChannel(target: target, configuration: Self.channelConfiguration)
      runner = CallRunner(channel: channel, target: target, configuration: configuration)
    } catch let status as RPCStatus {
      throw MartletError(status, target: target)
    }
  }

  private init(runner: CallRunner) { self.runner = runner }

  /// Reconnects soon, since servers restart in seconds, and notices a connection that is dead but
  /// not closed.
  static var channelConfiguration: RPCChannelConfiguration {
    var configuration = RPCChannelConfiguration()
    configuration.backoff = .milliseconds(100)
    configuration.backoffMax = .seconds(2)
    configuration.connectTimeout = .seconds(5)
    configuration.keepaliveInterval = .seconds(20)
    configuration.keepaliveTimeout = .seconds(10)
    configuration.userAgent = "martlet-swift"
    return configuration
  }

  /// Where a server listens unless it is told otherwise.
  public static let defaultTarget = "127.0.0.1:7411"

  /// The address as it was given.
  public var target: String { runner.target }

  /// What it was made with.
  public var configuration: Configuration { runner.configuration }

  /// Groups of pools that share a budget of slots.
  public var groups: GroupClient { GroupClient(runner: runner) }

  /// Workers: see, drain, disconnect; and the calls that workers without a stream make.
  public var workers: WorkerClient { WorkerClient(runner: runner) }

  /// Pools: create, look at, change, delete.
  public var pools: PoolClient { PoolClient(runner: runner) }

  /// Tasks: submit, look at, wait for, cancel, retry.
  public var tasks: TaskClient { TaskClient(runner: runner) }

  /// Changes of many tasks at once: start, follow, stop.
  public var bulks: BulkClient { BulkClient(runner: runner) }

  /// Tasks that are submitted together: submit, follow, cancel, retry.
  public var workflows: WorkflowClient { WorkflowClient(runner: runner) }

  /// Rules that submit tasks over time: create, steer, look ahead.
  public var schedules: ScheduleClient { ScheduleClient(runner: runner) }

  /// Named limits: make and change them, take their permits.
  public var limits: LimitClient { LimitClient(runner: runner) }

  /// Named locks: hold, see, break.
  public var locks: LockClient { LockClient(runner: runner) }

  /// Counts, times and failures of tasks: over a range, and now.
  public var stats: StatsClient { StatsClient(runner: runner) }

  /// The same client, over the same connection, with other settings.
  ///
  /// ```swift
  /// let patient = martlet.with { $0.timeout = .seconds(120) }
  /// ```
  public func with(_ change: (inout Configuration) -> Void) -> MartletClient {
    var configuration = runner.configuration
    change(&configuration)
    return MartletClient(
      runner: CallRunner(
        channel: runner.channel, target: runner.target, configuration: configuration))
  }

  /// Version, limits, clocks and the ends of the feed.
  public func serverInfo() async throws -> API.GetServerInfoResponse {
    try await runner.unary(
      API.ServerServiceMethods.getServerInfo, API.GetServerInfoRequest(), repeats: .always)
  }

  /// Asks the server whether it serves. UNAVAILABLE when it cannot be reached, or says that it
  /// does not serve. Not repeated by itself.
  ///
  /// - Returns: How long the answer took.
  @discardableResult
  public func ping() async throws -> Duration {
    let start = ContinuousClock.now
    let answer: GRPCHealth.HealthCheckResponse = try await runner.unary(
      GRPCHealth.HealthMethods.check, GRPCHealth.HealthCheckRequest(), repeats: .never)
    guard answer.status == .serving else {
      throw MartletError(
        code: .unavailable, message: "the server answers that it does not serve", target: target)
    }
    return ContinuousClock.now - start
  }

  /// Pings until the server serves.
  ///
  /// - Parameter limit: After this long the last ping's error is thrown.
  @discardableResult
  public func waitUntilServing(atMost limit: Duration) async throws -> Duration {
    let end = ContinuousClock.now + limit
    let steady = Backoff(initial: .milliseconds(50), factor: 1.5, maximum: .seconds(1))
    var attempt = 1
    while true {
      do {
        let left = max(.milliseconds(1), end - .now)
        return try await with { $0.timeout = min(left, $0.timeout ?? left) }.ping()
      } catch let error as MartletError
        where error.code == .unavailable || error.code == .deadlineExceeded
      {
        let delay = steady.delay(attempt: attempt, random: Double.random(in: 0..<1))
        guard ContinuousClock.now + delay < end else { throw error }
        try await configuration.pause(delay)
        attempt += 1
      }
    }
  }

  /// Follows the feed; see `TaskEvents`.
  ///
  /// - Parameters:
  ///   - start: Where to begin. A cursor may come from any reply.
  ///   - filter: Which events; all of them by default.
  ///   - includeContent: Join payloads to TASK_SUBMITTED and results to TASK_SUCCEEDED.
  ///   - heartbeat: How often an idle feed says where it is: 100 ms to 1 h.
  ///   - untilNow: End when the events that exist now have been handed out.
  ///   - onConnection: Told when the connection is lost and when it is back.
  public func watchEvents(
    from start: EventStart = .now, filter: EventFilter = .init(), includeContent: Bool = false,
    heartbeat: Duration = .seconds(15), untilNow: Bool = false,
    onConnection: (@Sendable (EventConnection) -> Void)? = nil
  ) -> TaskEvents {
    var request = API.WatchEventsRequest(
      pools: filter.pools, taskIds: filter.taskIDs, kinds: filter.kinds, types: filter.types,
      labels: filter.labels, includeContent: includeContent, untilNow: untilNow)
    request.heartbeatInterval = WellKnown.Duration(heartbeat)
    request.filter = filter.expression
    return TaskEvents(
      runner: runner, request: request, start: start, onConnection: onConnection)
  }

  /// Closes the connection. Calls under way end with CANCELLED or UNAVAILABLE; so do later ones.
  public func close() async { await runner.channel.close() }
}
