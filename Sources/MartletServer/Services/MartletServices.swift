import MartletAPI
import MartletCore
package import MartletRPC
package import MartletRPCServices

/// All services of a node.
package enum MartletServices {
  /// Full names, as health checks ask for them.
  package static let names = [
    "martlet.v1.PoolService", "martlet.v1.GroupService", "martlet.v1.TaskService",
    "martlet.v1.BulkService",
    "martlet.v1.EventService", "martlet.v1.WorkflowService",
    "martlet.v1.ScheduleService", "martlet.v1.LockService", "martlet.v1.StatsService",
    "martlet.v1.LimitService",
    "martlet.v1.ServerService", "martlet.v1.WorkerService", "grpc.health.v1.Health",
    submissions,
  ]

  /// Not a service, but a question that health checks may ask: whether new tasks are taken. It is
  /// NOT_SERVING while memory or disk are short; all else goes on.
  package static let submissions = "martlet.submissions"

  /// - Parameter health: One that knows `names`.
  package static func register(in router: inout ServerRouter, node: Node, health: HealthBoard) {
    let desk = ServiceDesk(node: node)
    router.add(CallMetrics())
    router.add(PoolService(desk: desk))
    router.add(GroupService(desk: desk))
    router.add(TaskService(desk: desk))
    router.add(BulkService(desk: desk))
    router.add(EventService(desk: desk))
    router.add(WorkflowService(desk: desk))
    router.add(ScheduleService(desk: desk))
    router.add(LockService(desk: desk))
    router.add(StatsService(desk: desk))
    router.add(LimitService(desk: desk))
    router.add(ServerService(desk: desk))
    router.add(WorkerService(desk: desk))
    router.add(HealthService(board: health))
    router.setMaxRequestBytes(
      node.limits.batchBytes, for: API.TaskServiceMethods.batchSubmitTasks)
    router.setMaxRequestBytes(
      node.limits.batchBytes, for: API.WorkflowServiceMethods.submitWorkflow)
    router.setMaxRequestBytes(
      node.limits.batchBytes, for: API.WorkerServiceMethods.finishTasks)
  }
}
