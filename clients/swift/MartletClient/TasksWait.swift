internal import MartletRPC

/// The ends of many tasks, each once, as they come.
///
/// Resumes by itself after a lost connection or a restart of the server, for those that have not
/// been handed out.
public struct TasksWait: AsyncSequence, Sendable {
  /// Some tasks that have ended.
  public struct Element: Sendable, Equatable {
    /// Tasks that have ended since the update before.
    public var tasks: [API.Task]
    /// Ids that the server does not know, or no longer keeps: counted as ended.
    public var unknownIDs: [String]
    /// How many have not ended yet.
    public var remaining: Int
    public var cursor: String
  }

  let runner: CallRunner
  let request: API.WaitTasksRequest

  public func makeAsyncIterator() -> Iterator { Iterator(runner: runner, request: request) }

  public struct Iterator: AsyncIteratorProtocol {
    private let runner: CallRunner
    private var request: API.WaitTasksRequest
    private var stream: ResponseStream<API.WaitTasksResponse>.Iterator?
    private var recovery: StreamRecovery
    private var waiting: Set<String>
    private var isOver: Bool

    init(runner: CallRunner, request: API.WaitTasksRequest) {
      self.runner = runner
      self.request = request
      waiting = Set(request.ids)
      isOver = waiting.isEmpty
      recovery = StreamRecovery(runner)
    }

    public mutating func next() async throws -> Element? {
      while !isOver {
        do {
          guard let response = try await receive() else { throw recovery.endedEarly() }
          recovery.progressed()
          let element = take(response)
          isOver = waiting.isEmpty || (request.mode == .any && element.hasEnded)
          // Also a message in which nothing has ended yet says how many remain.
          return element
        } catch {
          stream = nil
          request.ids = request.ids.filter(waiting.contains)
          try await runner.configuration.pause(recovery.delay(after: error))
        }
      }
      return nil
    }

    private mutating func receive() async throws -> API.WaitTasksResponse? {
      var open =
        stream ?? runner.stream(API.TaskServiceMethods.waitTasks, request).makeAsyncIterator()
      let response = try await open.next()
      stream = open
      return response
    }

    private mutating func take(_ response: API.WaitTasksResponse) -> Element {
      let tasks = response.tasks.filter { waiting.remove($0.id) != nil }
      let unknown = response.unknownIds.filter { waiting.remove($0) != nil }
      return Element(
        tasks: tasks, unknownIDs: unknown, remaining: waiting.count, cursor: response.cursor)
    }
  }
}

extension TasksWait.Element {
  fileprivate var hasEnded: Bool { !tasks.isEmpty || !unknownIDs.isEmpty }
}
