internal import MartletClient

extension JSON {
  init(_ pool: API.Pool) {
    var fields: [Field] = []
    fields.add("name", pool.name)
    fields.add("state", pool.state.name)
    fields.add("spec", pool.spec.map { JSON($0) })
    fields.add("status", pool.status.map { JSON($0) })
    fields.add("etag", pool.etag)
    fields.append(Field("revision", .unsigned(pool.revision)))
    fields.add("create_time", pool.createTime.map { JSON($0) })
    fields.add("update_time", pool.updateTime.map { JSON($0) })
    self = .object(fields)
  }

  init(_ spec: API.PoolSpec) {
    var fields: [Field] = []
    fields.add("slots", spec.slots)
    fields.add("queue_capacity", spec.queueCapacity.map { .integer(Int64($0)) })
    fields.add("default_retry_policy", spec.defaultRetryPolicy.map { JSON($0) })
    fields.add("default_run_timeout", spec.defaultRunTimeout.map { JSON($0) })
    fields.add("default_queue_timeout", spec.defaultQueueTimeout.map { JSON($0) })
    fields.add("default_heartbeat_timeout", spec.defaultHeartbeatTimeout.map { JSON($0) })
    fields.add("priority_ageing", spec.priorityAgeing.map { JSON($0) })
    fields.append(Field("labels", JSON(spec.labels)))
    if !spec.failureClassDelays.isEmpty {
      let delays = spec.failureClassDelays.sorted { $0.key < $1.key }
      fields.append(
        Field("failure_class_delays", .object(delays.map { Field($0.key, JSON($0.value)) })))
    }
    fields.add("retention", spec.retention.map { JSON($0) })
    fields.add("scaling", spec.scaling.map { JSON($0) })
    if !spec.group.isEmpty {
      fields.add("group", spec.group)
      fields.add("group_minimum", spec.groupMinimum)
    }
    fields.add("fairness", spec.fairness.name)
    fields.add("permit_grace", spec.permitGrace.map { JSON($0) })
    self = .object(fields)
  }

  init(_ retention: API.Retention) {
    var fields: [Field] = []
    fields.add("succeeded", retention.succeeded.map { JSON($0) })
    fields.add("failed", retention.failed.map { JSON($0) })
    fields.add("cancelled", retention.cancelled.map { JSON($0) })
    self = .object(fields)
  }

  init(_ bounds: API.OutcomeRetention) {
    var fields: [Field] = []
    fields.add("max_age", bounds.maxAge.map { JSON($0) })
    fields.add("max_count", bounds.maxCount.map { .integer($0) })
    self = .object(fields)
  }

  init(_ status: API.PoolStatus) {
    var fields: [Field] = []
    fields.add("slots_limit", status.slotsLimit)
    fields.add("slots_in_use", status.slotsInUse)
    fields.add("slots_free", status.slotsFree)
    fields.add("queued", status.queued)
    fields.add("oldest_queued_age", status.oldestQueuedAge.map { JSON($0) })
    fields.add("total_submitted", status.totalSubmitted)
    fields.add("total_succeeded", status.totalSucceeded)
    fields.add("total_failed", status.totalFailed)
    fields.add("total_cancelled", status.totalCancelled)
    fields.add("total_retried", status.totalRetried)
    self = .object(fields)
  }

  init(_ info: API.GetServerInfoResponse) {
    let limits = info.limits.map { limit in
      JSON.object([
        Field("name", .string(limit.name)), Field("value", .integer(limit.value)),
        Field("unit", .string(limit.unit)), Field("beyond", .string(limit.beyond)),
      ])
    }
    var fields: [Field] = []
    fields.add("version", info.version)
    fields.add("start_time", info.startTime.map { JSON($0) })
    fields.add("uptime", info.uptime.map { JSON($0) })
    fields.add("time", info.time.map { JSON($0) })
    fields.add("elapsed", info.elapsed.map { JSON($0) })
    fields.add("oldest_cursor", info.oldestCursor)
    fields.add("cursor", info.cursor)
    fields.append(Field("oldest_revision", .unsigned(info.oldestRevision)))
    fields.append(Field("newest_revision", .unsigned(info.newestRevision)))
    fields.add("last_flush", info.lastFlush.map { JSON($0) })
    fields.add("index_lag_events", info.indexLagEvents)
    fields.add("memory_bytes", info.memoryBytes)
    fields.append(
      Field("refusing_submissions", .array(info.refusingSubmissions.map { .string($0) })))
    fields.append(Field("kinds", .array(info.kinds.map { .string($0) })))
    fields.append(Field("limits", .array(limits)))
    self = .object(fields)
  }
}
