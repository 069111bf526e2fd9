internal import MartletRPC

/// Changes of many tasks at once. Got from `MartletClient.bulks`.
public struct BulkClient: Sendable {
  let runner: CallRunner

  /// Starts an operation on the tasks that a filter chooses; it goes on by itself, also after a
  /// restart of the server.
  ///
  /// Safe against a lost connection: the request carries an id. Throws, among others,
  /// `.filterInvalid`, `.fieldInvalid` (an empty filter without `all`), `.poolNotFound`.
  ///
  /// - Parameters:
  ///   - all: Must be set if the filter is empty.
  ///   - ratePerSecond: At most so many tasks a second; 0: as fast as it goes.
  @discardableResult
  public func start(
    _ action: API.BulkAction.OneOf_Action, filter: String, all: Bool = false,
    ratePerSecond: Int = 0, reason: String = "", requestID: String? = nil
  ) async throws -> Reply<API.BulkOperation> {
    let request = API.StartBulkRequest(
      action: .init(action: action), filter: filter, all: all,
      ratePerSecond: Int32(clamping: ratePerSecond), requestId: requestID ?? RequestID.random(),
      reason: reason)
    let response: API.StartBulkResponse = try await runner.unary(
      API.BulkServiceMethods.startBulk, request, repeats: .always)
    return try reply(response.operation, response.cursor)
  }

  /// How many tasks an operation would be about, and the first of them, at most 10.
  public func rehearse(
    _ action: API.BulkAction.OneOf_Action, filter: String, all: Bool = false
  ) async throws -> (matched: Int64, sample: [API.Task]) {
    let request = API.StartBulkRequest(
      action: .init(action: action), filter: filter, all: all, dryRun: true)
    let response: API.StartBulkResponse = try await runner.unary(
      API.BulkServiceMethods.startBulk, request, repeats: .always)
    return (response.matched, response.sample)
  }

  /// NOT_FOUND (`.bulkNotFound`) if there is none of that id, or no longer.
  public func get(_ id: String) async throws -> Reply<API.BulkOperation> {
    let response: API.GetBulkResponse = try await runner.unary(
      API.BulkServiceMethods.getBulk, API.GetBulkRequest(id: id), repeats: .always)
    return try reply(response.operation, response.cursor)
  }

  /// Those that run and the newest that have ended; newest first.
  public func list() async throws -> [API.BulkOperation] {
    let response: API.ListBulksResponse = try await runner.unary(
      API.BulkServiceMethods.listBulks, API.ListBulksRequest(), repeats: .always)
    return response.operations
  }

  /// Ends an operation where it is; of one that has ended it changes nothing.
  @discardableResult
  public func stop(_ id: String, reason: String = "") async throws -> Reply<API.BulkOperation> {
    let response: API.StopBulkResponse = try await runner.unary(
      API.BulkServiceMethods.stopBulk, API.StopBulkRequest(id: id, reason: reason),
      repeats: .always)
    return try reply(response.operation, response.cursor)
  }

  /// The operation now, then after each of its steps, up to its end. Resumes by itself after a lost
  /// connection or a restart of the server.
  public func watch(_ id: String) -> BulkProgress {
    BulkProgress(
      states: WatchedStates(
        runner: runner, method: API.BulkServiceMethods.watchBulk,
        request: API.WatchBulkRequest(id: id)
      ) { response in response.operation.map { ($0, isLast: $0.state != .running) } })
  }

  private func reply(
    _ operation: API.BulkOperation?, _ cursor: String
  ) throws -> Reply<API.BulkOperation> {
    try Reply(operation, cursor: cursor, of: "operation", target: runner.target)
  }
}

/// The states of an operation as they come; ends with the last.
public struct BulkProgress: AsyncSequence, Sendable {
  let states: WatchedStates<API.WatchBulkRequest, API.WatchBulkResponse, API.BulkOperation>

  public func makeAsyncIterator() -> Iterator { Iterator(states: states.makeAsyncIterator()) }

  public struct Iterator: AsyncIteratorProtocol {
    var states:
      WatchedStates<API.WatchBulkRequest, API.WatchBulkResponse, API.BulkOperation>.Iterator

    public mutating func next() async throws -> API.BulkOperation? { try await states.next() }
  }
}
