import MartletAPI
import MartletCore
import MartletRPC

/// `martlet.v1.WorkerService`: what operators ask here, the stream and its unary twins in files of
/// their own.
struct WorkerService: API.WorkerService {
  let desk: ServiceDesk

  var node: Node { desk.node }

  func listWorkers(
    _ request: API.ListWorkersRequest, context: CallContext
  ) async throws -> API.ListWorkersResponse {
    try await desk.answer(context) {
      let (workers, now) = try await seen(.workers, context)
      return .init(workers: workers.map { .init($0, at: now) })
    }
  }

  func getWorker(
    _ request: API.GetWorkerRequest, context: CallContext
  ) async throws -> API.GetWorkerResponse {
    try await desk.answer(context) {
      .init(worker: try await worker(try Self.id(request.id), context))
    }
  }

  func drainWorker(
    _ request: API.DrainWorkerRequest, context: CallContext
  ) async throws -> API.DrainWorkerResponse {
    try await desk.answer(context) {
      let id = try Self.id(request.id)
      _ = try await node.perform(.worker(.drain(id)), on: context.loop)
      return .init(worker: try await worker(id, context))
    }
  }

  func disconnectWorker(
    _ request: API.DisconnectWorkerRequest, context: CallContext
  ) async throws -> API.DisconnectWorkerResponse {
    try await desk.answer(context) {
      let id = try Self.id(request.id)
      _ = try await worker(id, context)
      node.workers.outbox(of: id)?.end(
        RPCStatus(code: .aborted, message: "An operator ended the worker's stream."))
      return .init()
    }
  }

  // MARK: - Parts

  private static func id(_ text: String) throws(InvalidRequest) -> WorkerID {
    guard let id = WorkerID(text) else {
      throw InvalidRequest(field: "id", description: "must be the id of a worker")
    }
    return id
  }

  private func worker(_ id: WorkerID, _ context: CallContext) async throws -> API.Worker {
    let (workers, now) = try await seen(.worker(id), context)
    guard let worker = workers.first else { throw Refusal.workerNotFound(id) }
    return .init(worker, at: now)
  }

  private func seen(
    _ query: Query, _ context: CallContext
  ) async throws -> (workers: [Worker], now: Elapsed) {
    guard case .workers(let workers) = try await node.see(query, on: context.loop).value else {
      throw desk.fault("the engine answered a look at workers with something else", in: context)
    }
    return (workers, node.clock.elapsed)
  }
}
