internal import MartletRPC

/// One task as it changes: first as it is now, last as it ended.
///
/// Resumes by itself after a lost connection or a restart of the server; states that came and went
/// in between are left out, the last one never is.
public struct TaskWait: AsyncSequence, Sendable {
  public typealias Element = API.Task

  let runner: CallRunner
  let request: API.WaitTaskRequest

  public func makeAsyncIterator() -> Iterator { Iterator(runner: runner, request: request) }

  public struct Iterator: AsyncIteratorProtocol {
    private let runner: CallRunner
    private let request: API.WaitTaskRequest
    private var stream: ResponseStream<API.WaitTaskResponse>.Iterator?
    private var recovery: StreamRecovery
    private var last: API.Task?

    init(runner: CallRunner, request: API.WaitTaskRequest) {
      self.runner = runner
      self.request = request
      recovery = StreamRecovery(runner)
    }

    public mutating func next() async throws -> API.Task? {
      while last?.state.isTerminal != true {
        do {
          guard let task = try await receive() else { throw recovery.endedEarly() }
          recovery.progressed()
          // A stream that was opened again starts with the task as it is: maybe as it was.
          if let last, task.revision < last.revision || task == last { continue }
          last = task
          return task
        } catch {
          stream = nil
          try await runner.configuration.pause(recovery.delay(after: error))
        }
      }
      return nil
    }

    private mutating func receive() async throws -> API.Task? {
      var open =
        stream ?? runner.stream(API.TaskServiceMethods.waitTask, request).makeAsyncIterator()
      let response = try await open.next()
      stream = open
      return response?.task
    }
  }
}
