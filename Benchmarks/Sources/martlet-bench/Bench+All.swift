extension Bench {
  /// From a server with little in it to one with very much.
  func runAll() async throws {
    try await SmallQueueExperiment(bench: self).run()
    try await SubmitExperiment(bench: self).run()
    try await StartExperiment(bench: self).run()
    try await BatchExperiment(bench: self).run()
    try await LockExperiment(bench: self).run()
    try await FairnessExperiment(bench: self).run()
    try await LimitExperiment(bench: self).run()
    try await WorkflowExperiment(bench: self).run()
    try await CancelExperiment(bench: self).run()
    try await ResizeExperiment(bench: self).run()
    try await GroupExperiment(bench: self).run()
    try await FeedExperiment(bench: self).run()
    try await WorkerBatchExperiment(bench: self).run()
    try await DispatchExperiment(bench: self).run()
    try await WorkerCancelExperiment(bench: self).run()
    try await LostWorkerExperiment(bench: self).run()
    try await IdleWorkersExperiment(bench: self).run()
    try await ScheduleExperiment(bench: self).run()
    try await CatchUpExperiment(bench: self).run()
    try await LongQueueExperiment(bench: self).run()
    try await FilterExperiment(bench: self).run()
    try await BulkExperiment(bench: self).run()
  }

  /// Waits until the server has nothing left to do.
  func settle(_ client: Client) async throws {
    try await client.waitForIndex()
    try await Task.sleep(for: .seconds(1))
  }
}
