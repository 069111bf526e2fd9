/// Every bound of a node in one place; what each means, its unit and what happens beyond it is in
/// `Limits.all`, from which help texts, docs and GetServerInfo are made.
package struct Limits: Hashable, Sendable {
  package var payloadBytes = 1 << 20
  package var resultBytes = 1 << 20
  package var checkpointBytes = 1 << 20
  package var batchTasks = 10_000
  package var batchBytes = 16 << 20
  package var pools = 10_000
  package var kinds = 100_000
  package var liveTasks = 5_000_000
  package var queueCapacity = 100_000
  package var waitTasks = 10_000
  package var runTimeoutSeconds = 7_200
  package var cancelGraceMilliseconds = 10_000
  package var stopGraceMilliseconds = 10_000
  package var leaseMilliseconds = 10_000
  package var offerMilliseconds = 2_000
  package var progressEventsPerSecond = 2_000
  package var requestMemoryHours = 24
  package var requestMemoryBytes = 64 << 20
  package var commandQueueCount = 50_000
  package var commandQueueBytes = 64 << 20
  package var feedRingBytes = 64 << 20
  package var segmentEvents = 20_000
  package var segmentBytes = 8 << 20
  package var indexLagEvents = 200_000
  package var indexLagMilliseconds = 500
  package var keptEventHours = 7 * 24
  package var keptEventBytes = 20 << 30
  package var keptTaskHours = 7 * 24
  package var keptTasks = 10_000_000
  package var keptTaskBytes = 20 << 30
  package var taskTurns = 101
  package var diskReserveBytes = 1 << 30
  package var runningBulks = 16
  package var keptBulks = 100
  package var runningWorkflows = 10_000
  package var keptWorkflows = 10_000
  package var workflowLevels = 32
  package var dependencies = 10_000
  package var groups = 1_000
  package var poolRevisions = 1_000
  package var schedules = 100_000
  package var scheduleRuns = 20
  package var scheduleLiveRuns = 100
  package var schedulePayloadBytes = 65_536
  package var locks = 100_000
  package var lockWaiters = 10_000
  package var namedLimits = 1_000
  package var limitKeys = 1_000_000
  package var limitWaiters = 10_000
  /// 0: no guard.
  package var memoryBytes = 0

  package init() {}
}

extension Limits {
  /// One line of the limits table.
  package struct Description: Sendable {
    package var name: String
    package var field: any WritableKeyPath<Limits, Int> & Sendable
    package var unit: String
    package var range: ClosedRange<Int>
    package var beyond: String
  }

  /// Names as in flags and configuration files.
  package static let all: [Description] = [
    Description(
      name: "payload-bytes", field: \.payloadBytes, unit: "bytes", range: 0...(1 << 20),
      beyond: "a task with a larger payload is refused: FIELD_INVALID"),
    Description(
      name: "result-bytes", field: \.resultBytes, unit: "bytes", range: 0...(1 << 20),
      beyond: "an attempt with a larger result fails: REJECTED"),
    Description(
      name: "checkpoint-bytes", field: \.checkpointBytes, unit: "bytes", range: 0...(1 << 20),
      beyond: "a larger checkpoint is not taken: its ack says so"),
    Description(
      name: "batch-tasks", field: \.batchTasks, unit: "tasks", range: 1...10_000,
      beyond: "a larger batch is refused: FIELD_INVALID"),
    Description(
      name: "batch-bytes", field: \.batchBytes, unit: "bytes", range: 65_536...(16 << 20),
      beyond: "a larger request is refused: RESOURCE_EXHAUSTED"),
    Description(
      name: "pools", field: \.pools, unit: "pools", range: 1...10_000,
      beyond: "CreatePool is refused: MEMORY_PRESSURE"),
    Description(
      name: "kinds", field: \.kinds, unit: "names", range: 1...1_000_000,
      beyond: "a task of one more kind is refused: MEMORY_PRESSURE"),
    Description(
      name: "live-tasks", field: \.liveTasks, unit: "tasks", range: 1...50_000_000,
      beyond: "submits are refused: MEMORY_PRESSURE"),
    Description(
      name: "queue-capacity", field: \.queueCapacity, unit: "tasks", range: 1...10_000_000,
      beyond: "default of a pool: submits beyond it are refused: QUEUE_FULL"),
    Description(
      name: "wait-tasks", field: \.waitTasks, unit: "ids", range: 1...10_000,
      beyond: "a wait for more is refused: FIELD_INVALID"),
    Description(
      name: "run-timeout-seconds", field: \.runTimeoutSeconds, unit: "s", range: 1...2_592_000,
      beyond: "default of a pool: an attempt that runs longer fails: RUN_TIMEOUT"),
    Description(
      name: "cancel-grace-ms", field: \.cancelGraceMilliseconds, unit: "ms", range: 0...600_000,
      beyond: "a cancelled task whose handler has not returned ends without it"),
    Description(
      name: "stop-grace-ms", field: \.stopGraceMilliseconds, unit: "ms", range: 0...600_000,
      beyond: "a stopping server gives running attempts back"),
    Description(
      name: "lease-ms", field: \.leaseMilliseconds, unit: "ms", range: 1_000...600_000,
      beyond: "a worker's attempt that was not renewed is lost: WORKER_LOST"),
    Description(
      name: "offer-ms", field: \.offerMilliseconds, unit: "ms", range: 100...60_000,
      beyond: "a task that its worker has not accepted is offered to another"),
    Description(
      name: "progress-events-per-second", field: \.progressEventsPerSecond, unit: "events/s",
      range: 1...100_000, beyond: "progress is coalesced to the newest value of a task"),
    Description(
      name: "request-memory-hours", field: \.requestMemoryHours, unit: "h", range: 1...720,
      beyond: "a request id is forgotten and may be used again"),
    Description(
      name: "request-memory-bytes", field: \.requestMemoryBytes, unit: "bytes",
      range: 65_536...(1 << 30), beyond: "older request ids are looked up on disk"),
    Description(
      name: "command-queue-count", field: \.commandQueueCount, unit: "commands",
      range: 100...1_000_000, beyond: "sockets are not read"),
    Description(
      name: "command-queue-bytes", field: \.commandQueueBytes, unit: "bytes",
      range: (1 << 20)...(1 << 30), beyond: "sockets are not read"),
    Description(
      name: "feed-ring-bytes", field: \.feedRingBytes, unit: "bytes", range: (1 << 20)...(1 << 32),
      beyond: "older events are read from disk"),
    Description(
      name: "segment-events", field: \.segmentEvents, unit: "events", range: 1...20_000,
      beyond: "a commit is closed; an atomic batch is never split"),
    Description(
      name: "segment-bytes", field: \.segmentBytes, unit: "bytes", range: 4_096...(8 << 20),
      beyond: "a commit is closed; an atomic batch is never split"),
    Description(
      name: "index-lag-events", field: \.indexLagEvents, unit: "events", range: 1_000...5_000_000,
      beyond: "submissions wait until the index has caught up; at four times, all commits"),
    Description(
      name: "index-lag-ms", field: \.indexLagMilliseconds, unit: "ms", range: 10...60_000,
      beyond: "submissions wait until the index has caught up"),
    Description(
      name: "kept-event-hours", field: \.keptEventHours, unit: "h", range: 1...87_600,
      beyond: "older events are purged"),
    Description(
      name: "kept-event-bytes", field: \.keptEventBytes, unit: "bytes",
      range: (1 << 20)...(1 << 44), beyond: "the oldest events are purged"),
    Description(
      name: "kept-task-hours", field: \.keptTaskHours, unit: "h", range: 1...87_600,
      beyond: "finished tasks are purged"),
    Description(
      name: "kept-tasks", field: \.keptTasks, unit: "tasks", range: 1...1_000_000_000,
      beyond: "the tasks that finished first are purged"),
    Description(
      name: "kept-task-bytes", field: \.keptTaskBytes, unit: "bytes", range: (1 << 20)...(1 << 44),
      beyond: "the tasks that finished first are purged"),
    Description(
      name: "task-turns", field: \.taskTurns, unit: "turns", range: 2...10_000,
      beyond: "of a task's failed attempts, pauses and reopenings the first and the newest are kept"
    ),
    Description(
      name: "disk-reserve-bytes", field: \.diskReserveBytes, unit: "bytes", range: 0...(1 << 40),
      beyond: "with less free disk, submits are refused: DISK_LOW"),
    Description(
      name: "running-bulks", field: \.runningBulks, unit: "operations", range: 1...1_000,
      beyond: "StartBulk is refused: MEMORY_PRESSURE"),
    Description(
      name: "kept-bulks", field: \.keptBulks, unit: "operations", range: 0...10_000,
      beyond: "operations that have ended are forgotten, the oldest first"),
    Description(
      name: "running-workflows", field: \.runningWorkflows, unit: "workflows", range: 1...100_000,
      beyond: "SubmitWorkflow is refused: MEMORY_PRESSURE"),
    Description(
      name: "kept-workflows", field: \.keptWorkflows, unit: "workflows", range: 0...1_000_000,
      beyond: "workflows that have ended are forgotten, the oldest first; their tasks are kept"),
    Description(
      name: "workflow-levels", field: \.workflowLevels, unit: "levels", range: 1...255,
      beyond: "a workflow with more is refused: FIELD_INVALID"),
    Description(
      name: "dependencies", field: \.dependencies, unit: "tasks", range: 1...10_000,
      beyond: "a task that depends on more is refused: FIELD_INVALID"),
    Description(
      name: "groups", field: \.groups, unit: "groups", range: 1...10_000,
      beyond: "CreateGroup is refused: MEMORY_PRESSURE"),
    Description(
      name: "pool-revisions", field: \.poolRevisions, unit: "revisions", range: 1...100_000,
      beyond: "of a pool's history the oldest go; those that scaling made are counted apart"),
    Description(
      name: "schedules", field: \.schedules, unit: "schedules", range: 1...1_000_000,
      beyond: "CreateSchedule is refused: MEMORY_PRESSURE"),
    Description(
      name: "schedule-runs", field: \.scheduleRuns, unit: "runs", range: 1...1_000,
      beyond: "of each schedule the newest are known; their tasks are kept"),
    Description(
      name: "schedule-live-runs", field: \.scheduleLiveRuns, unit: "runs", range: 1...10_000,
      beyond: "of a schedule with ALLOW_ALL: further runs are SKIPPED"),
    Description(
      name: "schedule-payload-bytes", field: \.schedulePayloadBytes, unit: "bytes",
      range: 0...(1 << 20), beyond: "a schedule with a larger payload is refused: FIELD_INVALID"),
    Description(
      name: "locks", field: \.locks, unit: "locks", range: 1...1_000_000,
      beyond: "AcquireLock is refused while so many are held: MEMORY_PRESSURE"),
    Description(
      name: "lock-waiters", field: \.lockWaiters, unit: "calls", range: 1...100_000,
      beyond: "of those that wait for one lock: AcquireLock is refused: MEMORY_PRESSURE"),
    Description(
      name: "named-limits", field: \.namedLimits, unit: "limits", range: 1...10_000,
      beyond: "CreateLimit is refused: MEMORY_PRESSURE"),
    Description(
      name: "limit-keys", field: \.limitKeys, unit: "keys", range: 1...10_000_000,
      beyond: "of all limits that are not idle: tasks of others wait, AcquirePermits is refused: "
        + "MEMORY_PRESSURE"),
    Description(
      name: "limit-waiters", field: \.limitWaiters, unit: "calls", range: 1...100_000,
      beyond: "of those that wait for one key of a limit: AcquirePermits is refused: "
        + "MEMORY_PRESSURE"),
    Description(
      name: "memory-bytes", field: \.memoryBytes, unit: "bytes", range: 0...(1 << 44),
      beyond: "if the process holds more, submits are refused: MEMORY_PRESSURE (0: never)"),
  ]
}
