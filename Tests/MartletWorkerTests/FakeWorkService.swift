import MartletAPI
import MartletClient
import MartletRPC
import MartletWorker
import Synchronization

/// The server's side of `Work`, word by word in the hands of a test. Within the process, by real
/// gRPC.
final class FakeWorkService: API.WorkerService {
  /// One stream of a worker.
  final class Stream: Sendable {
    let hello: API.WorkerHello
    private let heard: Mailbox<API.WorkRequest>
    private let said: AsyncStream<Result<API.WorkResponse, RPCStatus>>.Continuation

    init(
      _ hello: API.WorkerHello, _ heard: Mailbox<API.WorkRequest>,
      _ said: AsyncStream<Result<API.WorkResponse, RPCStatus>>.Continuation
    ) {
      self.hello = hello
      self.heard = heard
      self.said = said
    }

    func say(_ response: API.WorkResponse) { said.yield(.success(response)) }
    /// The stream ends with this status.
    func end(_ status: RPCStatus = RPCStatus(code: .unavailable, message: "gone")) {
      said.yield(.failure(status))
    }
    func finish() { said.finish() }

    /// The next message; nil when the worker has ended the stream.
    func next() async -> API.WorkRequest? { await heard.next() }

    /// Messages up to the first one that has what is asked for, put together.
    func hear(until isThere: (API.WorkRequest) -> Bool) async -> API.WorkRequest {
      var all = API.WorkRequest()
      while let next = await heard.next() {
        all.accepts += next.accepts
        all.beats += next.beats
        all.finishes += next.finishes
        all.releases += next.releases
        all.credit = next.credit ?? all.credit
        all.draining = all.draining || next.draining
        all.ping = next.ping ?? all.ping
        all.pong = next.pong ?? all.pong
        if isThere(all) { return all }
      }
      return all
    }

    func welcome(
      keeping kept: [String]? = nil, lost: [String] = [], beat: Duration = .seconds(3)
    ) {
      say(
        .init(
          welcome: API.WorkerWelcome(
            workerId: "worker-1", leaseLength: WellKnown.Duration(.seconds(10)),
            beatInterval: WellKnown.Duration(beat), keptLeases: kept ?? hello.heldLeases,
            lostLeases: lost)))
    }

    func assign(
      _ lease: String, _ kind: String, _ payload: String = "",
      checkpoint: API.Checkpoint? = nil
    ) {
      let spec = API.TaskSpec(kind: kind, payload: Array(payload.utf8), contentType: "text/plain")
      say(
        .init(assigns: [
          API.Assign(
            lease: lease, task: API.Task(id: lease, pool: "p", spec: spec), attempt: 1,
            checkpoint: checkpoint)
        ]))
    }

    func acknowledge(_ leases: String..., accepted: Bool = true) {
      say(.init(acks: leases.map { API.Ack(lease: $0, accepted: accepted) }))
    }

    func direct(_ lease: String, _ kind: API.DirectiveKind, reason: String = "") {
      say(
        .init(directives: [
          API.Directive(
            lease: lease, kind: kind, reason: reason, grace: WellKnown.Duration(.seconds(10)))
        ]))
    }
  }

  private let streams = Mailbox<Stream>()

  /// The next stream that a worker opens.
  func stream() async throws -> Stream {
    guard let stream = await streams.next() else { throw CancellationError() }
    return stream
  }

  func work(
    _ requests: RequestStream<API.WorkRequest>, response: ResponseWriter<API.WorkResponse>,
    context: CallContext
  ) async throws {
    let iterator = requests.makeAsyncIterator()
    guard let hello = try await iterator.next()?.hello else { return }
    let heard = Mailbox<API.WorkRequest>()
    let (words, said) = AsyncStream.makeStream(of: Result<API.WorkResponse, RPCStatus>.self)
    streams.put(Stream(hello, heard, said))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer {
          heard.end()
          said.finish()
        }
        for try await request in requests { heard.put(request) }
      }
      for await word in words { try await response.write(word.get()) }
      group.cancelAll()
    }
  }

  private static let other = RPCStatus(code: .unimplemented, message: "not of this fake")

  func leaseTasks(
    _ request: API.LeaseTasksRequest, context: CallContext
  ) async throws -> API.LeaseTasksResponse { throw Self.other }
  func renewLeases(
    _ request: API.RenewLeasesRequest, context: CallContext
  ) async throws -> API.RenewLeasesResponse { throw Self.other }
  func finishTasks(
    _ request: API.FinishTasksRequest, context: CallContext
  ) async throws -> API.FinishTasksResponse { throw Self.other }
  func releaseTasks(
    _ request: API.ReleaseTasksRequest, context: CallContext
  ) async throws -> API.ReleaseTasksResponse { throw Self.other }
  func listWorkers(
    _ request: API.ListWorkersRequest, context: CallContext
  ) async throws -> API.ListWorkersResponse { throw Self.other }
  func getWorker(
    _ request: API.GetWorkerRequest, context: CallContext
  ) async throws -> API.GetWorkerResponse { throw Self.other }
  func drainWorker(
    _ request: API.DrainWorkerRequest, context: CallContext
  ) async throws -> API.DrainWorkerResponse { throw Self.other }
  func disconnectWorker(
    _ request: API.DisconnectWorkerRequest, context: CallContext
  ) async throws -> API.DisconnectWorkerResponse { throw Self.other }
}

/// Values on their way to one reader.
final class Mailbox<Value: Sendable>: Sendable {
  private struct State {
    var values: [Value] = []
    var isEnded = false
    var reader: CheckedContinuation<Value?, Never>?
  }

  private let state = Mutex(State())

  func put(_ value: Value) {
    let reader = state.withLock { state -> CheckedContinuation<Value?, Never>? in
      defer { state.reader = nil }
      if state.reader == nil { state.values.append(value) }
      return state.reader
    }
    reader?.resume(returning: value)
  }

  func end() {
    let reader = state.withLock { state -> CheckedContinuation<Value?, Never>? in
      defer { state.reader = nil }
      state.isEnded = true
      return state.reader
    }
    reader?.resume(returning: nil)
  }

  func next() async -> Value? {
    await withCheckedContinuation { continuation in
      let value = state.withLock { state -> Value?? in
        if !state.values.isEmpty { return state.values.removeFirst() }
        if state.isEnded { return .some(nil) }
        state.reader = continuation
        return nil
      }
      if let value { continuation.resume(returning: value) }
    }
  }
}
