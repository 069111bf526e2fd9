/// What is measured: the names, units and bounds of the project's table of numbers.
enum Row: String, CaseIterable {
  case batchTasks = "batch_tasks_per_s"
  case unarySubmits = "unary_submits_per_s"
  case uniqueSubmits = "unique_submits_per_s"
  case unarySubmitP50 = "unary_submit_over_flush_p50_ms"
  case unarySubmitP99 = "unary_submit_over_2flush_p99_ms"
  case startLatencyP50 = "start_latency_p50_ms"
  case startLatencyP99 = "start_latency_p99_ms"
  case cancelP99 = "cancel_over_2flush_p99_ms"
  case feedEvents = "feed_events_per_s"
  case feedCPU = "feed_cpu_us_per_event"
  case feedCatchUp = "feed_catchup_events_per_s"
  case residentWith1000Tasks = "rss_1000_tasks_mb"
  case memoryPerQueuedTask = "ram_per_queued_task_bytes"
  case restart = "restart_1m_queued_s"
  case commitDuringSnapshotP99 = "commit_p99_during_snapshot_ms"
  case listP99 = "list_p99_ms"
  case explainP99 = "explain_p99_ms"
  case filterLabelP99 = "filter_label_p99_ms"
  case countP99 = "count_p99_ms"
  case overviewP99 = "overview_p99_ms"
  case bulkCancel = "bulk_cancel_100000_s"
  case resizeLostTasks = "resize_1000_random_lost_tasks"
  case groupGuarantee = "group_guarantee_ms"
  case workflow = "workflow_10000_tasks_s"
  case lockHandover = "lock_handover_p50_ms"
  case fairness = "fairness_jain_1000_keys"
  case unboundLimits = "limits_unbound_percent"
  case limitKeyTasks = "keys_100000_limit_tasks_per_s"
  case limitKeys = "keys_100000_limit_percent"
  case batchTasksIn200Pools = "pools_200_batch_tasks_per_s"
  case workerTasks = "worker_tasks_per_s"
  case dispatchP50 = "dispatch_p50_ms"
  case dispatchP99 = "dispatch_p99_ms"
  case workerCancelP99 = "worker_cancel_p99_ms"
  case workerLostRedelivery = "worker_lost_redelivery_s"
  case memoryPerIdleWorker = "ram_per_idle_worker_kb"
  case idleSchedulesCPU = "schedules_100000_idle_cpu_percent"
  case scheduleLateness = "schedule_fire_lateness_p99_ms"

  /// What the value is compared with. For a rate, an index, and for percents of a rate, more is
  /// better, for all else less.
  struct Bounds {
    /// Is to be reached.
    var reach: Double
    /// Is hoped for.
    var aim: Double
  }

  var unit: String {
    switch self {
    case .batchTasks, .batchTasksIn200Pools, .limitKeyTasks, .workerTasks: "tasks/s"
    case .unarySubmits, .uniqueSubmits: "submits/s"
    case .feedEvents, .feedCatchUp: "events/s"
    case .feedCPU: "us"
    case .residentWith1000Tasks: "MB"
    case .memoryPerIdleWorker: "kB"
    case .idleSchedulesCPU: "%"
    case .unboundLimits, .limitKeys: "percent"
    case .memoryPerQueuedTask: "bytes"
    case .resizeLostTasks: "tasks"
    case .fairness: Self.index
    case .restart, .workerLostRedelivery, .bulkCancel, .workflow: "s"
    case .unarySubmitP50, .unarySubmitP99, .startLatencyP50, .startLatencyP99, .cancelP99,
      .commitDuringSnapshotP99, .groupGuarantee, .listP99, .explainP99, .filterLabelP99, .countP99,
      .overviewP99,
      .dispatchP50, .dispatchP99, .workerCancelP99, .scheduleLateness, .lockHandover:
      "ms"
    }
  }

  var bounds: Bounds {
    switch self {
    case .batchTasks: Bounds(reach: 30_000, aim: 100_000)
    case .unarySubmits: Bounds(reach: 20_000, aim: 60_000)
    case .uniqueSubmits: Bounds(reach: 16_000, aim: 48_000)
    case .unarySubmitP50: Bounds(reach: 0.5, aim: 0.1)
    case .unarySubmitP99: Bounds(reach: 5, aim: 1)
    case .startLatencyP50: Bounds(reach: 1, aim: 0.1)
    case .startLatencyP99: Bounds(reach: 5, aim: 1)
    case .cancelP99: Bounds(reach: 2, aim: 0.5)
    case .feedEvents: Bounds(reach: 300_000, aim: 2_000_000)
    case .feedCPU: Bounds(reach: 1, aim: 0.2)
    case .feedCatchUp: Bounds(reach: 1_000_000, aim: 5_000_000)
    case .residentWith1000Tasks: Bounds(reach: 50, aim: 25)
    case .memoryPerQueuedTask: Bounds(reach: 200, aim: 100)
    case .restart: Bounds(reach: 3, aim: 1)
    case .commitDuringSnapshotP99: Bounds(reach: 10, aim: 3)
    case .listP99: Bounds(reach: 20, aim: 2)
    case .explainP99: Bounds(reach: 5, aim: 0.5)
    case .filterLabelP99: Bounds(reach: 50, aim: 5)
    case .countP99: Bounds(reach: 5, aim: 1)
    case .overviewP99: Bounds(reach: 5, aim: 1)
    case .bulkCancel: Bounds(reach: 5, aim: 2)
    case .resizeLostTasks: Bounds(reach: 0, aim: 0)
    case .groupGuarantee: Bounds(reach: 50, aim: 20)
    case .workflow: Bounds(reach: 2, aim: 0.5)
    case .lockHandover: Bounds(reach: 0.3, aim: 0.15)
    case .fairness: Bounds(reach: 0.95, aim: 0.99)
    case .unboundLimits: Bounds(reach: 90, aim: 97)
    case .limitKeyTasks: Bounds(reach: 24_000, aim: 80_000)
    case .limitKeys: Bounds(reach: 80, aim: 95)
    case .batchTasksIn200Pools: Bounds(reach: 25_000, aim: 90_000)
    case .workerTasks: Bounds(reach: 20_000, aim: 50_000)
    case .dispatchP50: Bounds(reach: 2, aim: 0.2)
    case .dispatchP99: Bounds(reach: 10, aim: 1)
    case .workerCancelP99: Bounds(reach: 100, aim: 10)
    case .workerLostRedelivery: Bounds(reach: 11, aim: 10)
    case .memoryPerIdleWorker: Bounds(reach: 64, aim: 32)
    case .idleSchedulesCPU: Bounds(reach: 1, aim: 0.2)
    case .scheduleLateness: Bounds(reach: 20, aim: 5)
    }
  }

  /// From 0 to 1.
  private static let index = "of 1"

  private var isMoreBetter: Bool {
    unit.hasSuffix("/s") || unit == Self.index || unit == "percent"
  }

  /// "aim", "reach" or "below": which of the bounds the value keeps.
  func verdict(of value: Double) -> String {
    func keeps(_ bound: Double) -> Bool { isMoreBetter ? value >= bound : value <= bound }
    if keeps(bounds.aim) { return "aim" }
    return keeps(bounds.reach) ? "reach" : "below"
  }
}
