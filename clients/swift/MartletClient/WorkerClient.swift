package import MartletRPC

/// The calls about workers, and those of workers. Got from `MartletClient.workers`.
public struct WorkerClient: Sendable {
  let runner: CallRunner

  /// The workers that are connected or hold leases, in the order in which they came.
  public func list() async throws -> [API.Worker] {
    let response: API.ListWorkersResponse = try await runner.unary(
      API.WorkerServiceMethods.listWorkers, API.ListWorkersRequest(), repeats: .always)
    return response.workers
  }

  /// NOT_FOUND (`.workerNotFound`) if it is not there, or no longer.
  public func get(_ id: String) async throws -> API.Worker {
    let response: API.GetWorkerResponse = try await runner.unary(
      API.WorkerServiceMethods.getWorker, API.GetWorkerRequest(id: id), repeats: .always)
    return try worker(response.worker)
  }

  /// Nothing more is offered to it; it finishes what it has.
  @discardableResult
  public func drain(_ id: String) async throws -> API.Worker {
    let response: API.DrainWorkerResponse = try await runner.unary(
      API.WorkerServiceMethods.drainWorker, API.DrainWorkerRequest(id: id), repeats: .always)
    return try worker(response.worker)
  }

  /// Ends its stream. Its leases hold until they end; it may come back.
  public func disconnect(_ id: String) async throws {
    let _: API.DisconnectWorkerResponse = try await runner.unary(
      API.WorkerServiceMethods.disconnectWorker, API.DisconnectWorkerRequest(id: id),
      repeats: .never)
  }

  // MARK: - Of workers without a stream

  /// Waits for tasks and takes them; empty after `request.wait`.
  public func lease(_ request: API.LeaseTasksRequest) async throws -> API.LeaseTasksResponse {
    try await runner.unary(API.WorkerServiceMethods.leaseTasks, request, repeats: .never)
  }

  /// Renews leases; what is asked of them, or that they are lost, is in the answer.
  public func renew(_ beats: [API.Beat]) async throws -> [API.Directive] {
    let response: API.RenewLeasesResponse = try await runner.unary(
      API.WorkerServiceMethods.renewLeases, API.RenewLeasesRequest(beats: beats),
      repeats: .always)
    return response.directives
  }

  /// Says what attempts came to: one acknowledgement for each, in order.
  public func finish(_ finishes: [API.Finish]) async throws -> [API.Ack] {
    let response: API.FinishTasksResponse = try await runner.unary(
      API.WorkerServiceMethods.finishTasks, API.FinishTasksRequest(finishes: finishes),
      repeats: .always)
    return response.acks
  }

  /// Gives attempts back: one acknowledgement for each, in order.
  public func release(_ releases: [API.Release]) async throws -> [API.Ack] {
    let response: API.ReleaseTasksResponse = try await runner.unary(
      API.WorkerServiceMethods.releaseTasks, API.ReleaseTasksRequest(releases: releases),
      repeats: .never)
    return response.acks
  }

  /// The stream of a worker, as it is: for whoever makes a worker of it.
  ///
  /// - Parameter executor: Where `body` runs; nil: where tasks run by themselves.
  package func work(
    on executor: (any TaskExecutor)? = nil,
    _ body: @escaping @Sendable (RequestWriter<API.WorkRequest>) async throws -> Void
  ) -> ResponseStream<API.WorkResponse> {
    runner.channel.bidirectional(
      API.WorkerServiceMethods.work, options: .init(), writingOn: executor, body)
  }

  /// The connection's own event loop: tasks on it must not block, and are blocked by no others.
  package var executor: any TaskExecutor { runner.channel.taskExecutor }

  /// The same over a connection of its own, which `close` ends.
  package func separate() throws -> WorkerClient {
    let channel = try RPCChannel(
      target: runner.target, configuration: MartletClient.channelConfiguration)
    return WorkerClient(
      runner: CallRunner(
        channel: channel, target: runner.target, configuration: runner.configuration))
  }

  /// Ends the connection: only of what `separate` made.
  package func close() async { await runner.channel.close() }

  /// The status of a stream, in the client's terms.
  package func error(_ status: RPCStatus) -> MartletError {
    MartletError(status, target: runner.target)
  }

  private func worker(_ worker: API.Worker?) throws -> API.Worker {
    try Reply(worker, cursor: "", of: "worker", target: runner.target).value
  }
}
