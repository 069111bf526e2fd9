internal import MartletProtobuf
internal import MartletRPC

/// What a server stream says of one thing until it has ended: opened again after a lost connection
/// or a restart of the server, since each message says all there is to say.
struct WatchedStates<Request, Response, State: Sendable>: AsyncSequence, Sendable
where Request: ProtobufMessage & Sendable, Response: ProtobufMessage & Sendable {
  let runner: CallRunner
  let method: MethodDescriptor
  let request: Request
  /// nil of a response that says nothing.
  let read: @Sendable (Response) -> (state: State, isLast: Bool)?

  func makeAsyncIterator() -> Iterator { Iterator(watch: self) }

  struct Iterator: AsyncIteratorProtocol {
    private let watch: WatchedStates
    private var stream: ResponseStream<Response>.Iterator?
    private var recovery: StreamRecovery
    private var isOver = false

    init(watch: WatchedStates) {
      self.watch = watch
      recovery = StreamRecovery(watch.runner)
    }

    mutating func next() async throws -> State? {
      while !isOver {
        do {
          guard let (state, isLast) = try await receive() else { throw recovery.endedEarly() }
          recovery.progressed()
          isOver = isLast
          return state
        } catch {
          stream = nil
          try await watch.runner.configuration.pause(recovery.delay(after: error))
        }
      }
      return nil
    }

    private mutating func receive() async throws -> (state: State, isLast: Bool)? {
      var open =
        stream ?? watch.runner.stream(watch.method, watch.request).makeAsyncIterator()
      let response = try await open.next()
      stream = open
      return response.flatMap(watch.read)
    }
  }
}
