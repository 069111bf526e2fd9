internal import MartletClient

extension JSON {
  init(_ counts: API.TaskCounts) {
    var fields: [Field] = [
      Field("submitted", .integer(counts.submitted)), Field("started", .integer(counts.started)),
      Field("succeeded", .integer(counts.succeeded)), Field("failed", .integer(counts.failed)),
      Field("cancelled", .integer(counts.cancelled)), Field("finished", .integer(counts.finished)),
      Field("retried", .integer(counts.retried)), Field("lost", .integer(counts.lost)),
      Field("released", .integer(counts.released)), Field("reopened", .integer(counts.reopened)),
    ]
    if !counts.failedByKind.isEmpty {
      fields.append(
        Field(
          "failed_by_kind",
          .object(counts.failedByKind.map { Field($0.kind.name, .integer($0.count)) })))
    }
    self = .object(fields)
  }

  init(_ rates: API.StatsRates) {
    var fields: [Field] = []
    fields.add("success_rate", rates.successRate.map { .number($0) })
    fields.add("failure_rate", rates.failureRate.map { .number($0) })
    fields.add("cancel_rate", rates.cancelRate.map { .number($0) })
    fields.append(Field("submitted_per_second", .number(rates.submittedPerSecond)))
    fields.append(Field("started_per_second", .number(rates.startedPerSecond)))
    fields.append(Field("finished_per_second", .number(rates.finishedPerSecond)))
    self = .object(fields)
  }

  init(_ times: API.StatsTimes) {
    var fields = [Field("count", .integer(times.count))]
    fields.add("min", times.min.map { JSON($0) })
    fields.add("mean", times.mean.map { JSON($0) })
    fields.add("p50", times.p50.map { JSON($0) })
    fields.add("p95", times.p95.map { JSON($0) })
    fields.add("p99", times.p99.map { JSON($0) })
    fields.add("max", times.max.map { JSON($0) })
    self = .object(fields)
  }

  init(_ gauges: API.StatsGauges) {
    var fields = [
      Field("queued", .integer(gauges.queued)), Field("running", .integer(gauges.running)),
      Field("slots", .integer(gauges.slots)),
    ]
    fields.add("oldest_age", gauges.oldestAge.map { JSON($0) })
    self = .object(fields)
  }

  init(_ overview: API.GetOverviewResponse) {
    var fields: [Field] = []
    fields.add("start_time", overview.startTime.map { JSON($0) })
    fields.add("end_time", overview.endTime.map { JSON($0) })
    fields.add("step", overview.step.map { JSON($0) })
    if overview.keptTasksOnly { fields.append(Field("kept_tasks_only", .bool(true))) }
    if overview.isTruncated { fields.append(Field("is_truncated", .bool(true))) }
    fields.append(Field("counted_from", .unsigned(overview.countedFrom)))
    fields.append(Field("groups", .array(overview.groups.map { JSON($0) })))
    if overview.omittedGroups > 0 {
      fields.append(Field("omitted_groups", .integer(overview.omittedGroups)))
    }
    fields.add("cursor", overview.cursor)
    self = .object(fields)
  }

  private init(_ group: API.GetOverviewResponse.Group) {
    var fields: [Field] = []
    if !group.pool.isEmpty { fields.append(Field("pool", .string(group.pool))) }
    if !group.kind.isEmpty { fields.append(Field("kind", .string(group.kind))) }
    fields.add("label_value", group.labelValue.map { .string($0) })
    if group.isOther { fields.append(Field("is_other", .bool(true))) }
    fields.add("counts", group.counts.map { JSON($0) })
    fields.add("rates", group.rates.map { JSON($0) })
    fields.add("queue_wait", group.queueWait.map { JSON($0) })
    fields.add("run_time", group.runTime.map { JSON($0) })
    fields.add("total_time", group.totalTime.map { JSON($0) })
    fields.add("lifetime", group.lifetime.map { JSON($0) })
    fields.add("gauges", group.gauges.map { JSON($0) })
    if !group.points.isEmpty {
      fields.append(Field("points", .array(group.points.map { JSON($0) })))
    }
    self = .object(fields)
  }

  private init(_ point: API.StatsPoint) {
    var fields: [Field] = []
    fields.add("start_time", point.startTime.map { JSON($0) })
    fields.add("counts", point.counts.map { JSON($0) })
    fields.add("gauges", point.gauges.map { JSON($0) })
    fields.add("queue_wait", point.queueWait.map { JSON($0) })
    fields.add("run_time", point.runTime.map { JSON($0) })
    fields.add("total_time", point.totalTime.map { JSON($0) })
    self = .object(fields)
  }

  init(_ now: API.Realtime) {
    var fields: [Field] = []
    fields.add("time", now.time.map { JSON($0) })
    fields.add("windows_end_time", now.windowsEndTime.map { JSON($0) })
    fields.append(
      Field(
        "pools",
        .array(
          now.pools.map { pool in
            var fields = [Field("pool", .string(pool.pool))]
            fields.add("gauges", pool.gauges.map { JSON($0) })
            fields.append(Field("windows", .array(pool.windows.map { JSON($0) })))
            return .object(fields)
          })))
    fields.add("gauges", now.gauges.map { JSON($0) })
    fields.append(Field("windows", .array(now.windows.map { JSON($0) })))
    fields.add("cursor", now.cursor)
    self = .object(fields)
  }

  private init(_ window: API.Realtime.Window) {
    var fields: [Field] = []
    fields.add("length", window.length.map { JSON($0) })
    fields.add("counts", window.counts.map { JSON($0) })
    fields.add("rates", window.rates.map { JSON($0) })
    self = .object(fields)
  }

  init(_ kind: API.GetPerformanceResponse.Kind) {
    var fields = [Field("kind", .string(kind.kind))]
    fields.add("counts", kind.counts.map { JSON($0) })
    fields.add("rates", kind.rates.map { JSON($0) })
    fields.add("queue_wait", kind.queueWait.map { JSON($0) })
    fields.add("run_time", kind.runTime.map { JSON($0) })
    if !kind.items.isEmpty {
      fields.append(
        Field(
          "items",
          .array(
            kind.items.map { items in
              .object([
                Field("counter", .string(items.counter)), Field("total", .integer(items.total)),
                Field("per_second", .number(items.perSecond)),
                Field("per_run_second", .number(items.perRunSecond)),
              ])
            })))
    }
    if let trend = kind.trend {
      var changes: [Field] = []
      changes.add("finished", trend.finished.map { .number($0) })
      changes.add("success_rate", trend.successRate.map { .number($0) })
      changes.add("queue_wait_p95", trend.queueWaitP95.map { .number($0) })
      changes.add("run_time_p95", trend.runTimeP95.map { .number($0) })
      fields.append(Field("trend", .object(changes)))
    }
    fields.append(
      Field(
        "flags",
        .array(
          kind.flags.map { flag in
            .object([
              Field("kind", .string(flag.kind.name)), Field("rule", .string(flag.rule)),
              Field("value", .number(flag.value)), Field("threshold", .number(flag.threshold)),
              Field("text", .string(flag.text)),
            ])
          })))
    self = .object(fields)
  }

  init(_ group: API.ListFailuresResponse.Group) {
    var fields = [Field("failure_kind", .string(group.failureKind.name))]
    fields.add("code", group.code)
    fields.append(Field("message", .string(group.message)))
    if group.isOther { fields.append(Field("is_other", .bool(true))) }
    fields.append(Field("attempts", .integer(group.attempts)))
    fields.append(Field("tasks", .integer(group.tasks)))
    fields.add("first_time", group.firstTime.map { JSON($0) })
    fields.add("last_time", group.lastTime.map { JSON($0) })
    fields.add("sample_task", group.sampleTask)
    fields.add("sample_message", group.sampleMessage)
    fields.append(Field("pools", .array(group.pools.map { .string($0) })))
    fields.append(Field("kinds", .array(group.kinds.map { .string($0) })))
    self = .object(fields)
  }
}
