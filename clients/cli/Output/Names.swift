internal import MartletClient

// The names that people see: those of the contract without the prefix of their enum.

extension API.TaskState {
  var name: String { protobufName.droppingPrefix("TASK_STATE_") }
}

extension API.PoolState {
  var name: String { protobufName.droppingPrefix("POOL_STATE_") }
}

extension API.PoolScalingMode {
  var name: String { protobufName.droppingPrefix("POOL_SCALING_MODE_") }
}

extension API.PoolScalingReason {
  var name: String { protobufName.droppingPrefix("POOL_SCALING_REASON_") }
}

extension API.PoolFairness {
  var name: String { protobufName.droppingPrefix("POOL_FAIRNESS_") }
}

extension API.PoolRevisionType {
  var name: String { protobufName.droppingPrefix("POOL_REVISION_TYPE_") }
}

extension API.PerformanceFlagKind {
  var name: String { protobufName.droppingPrefix("PERFORMANCE_FLAG_KIND_") }
}

extension API.WorkflowState {
  var name: String { protobufName.droppingPrefix("WORKFLOW_STATE_") }
}

extension API.ScheduleState {
  var name: String { protobufName.droppingPrefix("SCHEDULE_STATE_") }
}

extension API.OverlapPolicy {
  var name: String { protobufName.droppingPrefix("OVERLAP_POLICY_") }
}

extension API.ScheduleRunOutcome {
  var name: String { protobufName.droppingPrefix("SCHEDULE_RUN_OUTCOME_") }
}

extension API.ScheduleRunReason {
  var name: String { protobufName.droppingPrefix("SCHEDULE_RUN_REASON_") }
}

extension API.TraceNodeType {
  var name: String { protobufName.droppingPrefix("TRACE_NODE_TYPE_") }
}

extension API.WaitingCauseType {
  var name: String { protobufName.droppingPrefix("WAITING_CAUSE_TYPE_") }
}

extension API.AttemptTimerType {
  var name: String { protobufName.droppingPrefix("ATTEMPT_TIMER_TYPE_") }
}

extension API.AttemptOutcome {
  var name: String { protobufName.droppingPrefix("ATTEMPT_OUTCOME_") }
}

extension API.ScheduleReason {
  var name: String { protobufName.droppingPrefix("SCHEDULE_REASON_") }
}

extension API.FailureKind {
  var name: String { protobufName.droppingPrefix("FAILURE_KIND_") }
}

extension API.DependencyRule {
  var name: String { protobufName.droppingPrefix("DEPENDENCY_RULE_") }
}

extension API.UniqueScope {
  var name: String { protobufName.droppingPrefix("UNIQUE_SCOPE_") }
}

extension API.UniqueConflict {
  var name: String { protobufName.droppingPrefix("UNIQUE_CONFLICT_") }
}

extension API.LogLevel {
  var name: String { protobufName.droppingPrefix("LOG_LEVEL_") }
}

extension API.BulkState {
  var name: String { protobufName.droppingPrefix("BULK_STATE_") }
}

extension API.EventType {
  var name: String { protobufName.droppingPrefix("EVENT_TYPE_") }
}

extension String {
  fileprivate func droppingPrefix(_ prefix: String) -> String {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
  }
}
