internal import MartletClient

extension Table {
  /// Many pools, a row each.
  static func pools(_ pools: [API.Pool]) -> Table {
    var table = Table([
      .flexible("NAME", minimum: 12), .fixed("STATE"), .number("SLOTS"), .number("IN USE"),
      .number("QUEUED"), .number("OLDEST"), .number("SUCCEEDED"), .number("FAILED"),
      .number("CANCELLED"),
    ])
    table.rows = pools.map { pool in
      let status = pool.status ?? API.PoolStatus()
      return [
        Cell(pool.name), Cell(pool.state.name, pool.state.colour),
        "\(pool.status?.slotsLimit ?? pool.spec?.slots ?? 0)",
        "\(status.slotsInUse)", "\(status.queued)",
        Cell(status.oldestQueuedAge?.duration.text ?? "-"), "\(status.totalSucceeded)",
        Cell("\(status.totalFailed)", status.totalFailed > 0 ? .red : nil),
        "\(status.totalCancelled)",
      ]
    }
    return table
  }

  /// One pool, all of it.
  static func pool(_ pool: API.Pool) -> Table {
    var fields: [(name: String, value: Cell)] = [
      ("name", Cell(pool.name)), ("state", Cell(pool.state.name, pool.state.colour)),
    ]
    func add(_ name: String, _ value: String?) {
      if let value, !value.isEmpty { fields.append((name, Cell(value))) }
    }
    if let spec = pool.spec {
      add("slots", "\(spec.slots)")
      add("queue capacity", spec.queueCapacity.map { "\($0)" })
      add("run timeout", spec.defaultRunTimeout?.duration.text)
      add("queue timeout", spec.defaultQueueTimeout?.duration.text)
      add("heartbeat timeout", spec.defaultHeartbeatTimeout?.duration.text)
      add("retries", spec.defaultRetryPolicy?.text)
      add(
        "failure delays",
        spec.failureClassDelays.mapValues(\.duration.text).text)
      add("priority ageing", spec.priorityAgeing?.duration.text)
      add("labels", spec.labels.text)
      add("keeps", spec.retention?.text)
      add("scaling", spec.scaling?.text)
      add("fairness", spec.fairness.name)
      add("permit grace", spec.permitGrace?.duration.text)
      if !spec.group.isEmpty { add("group", "\(spec.group), minimum \(spec.groupMinimum)") }
    }
    if let status = pool.status {
      add("in use", "\(status.slotsInUse) of \(status.slotsLimit), \(status.slotsFree) free")
      add("queued", "\(status.queued)")
      add("oldest", status.oldestQueuedAge?.duration.text)
      add("submitted", "\(status.totalSubmitted)")
      add("succeeded", "\(status.totalSucceeded)")
      add("failed", "\(status.totalFailed)")
      add("cancelled", "\(status.totalCancelled)")
      add("retried", "\(status.totalRetried)")
    }
    add("created", pool.createTime?.rfc3339())
    add("updated", pool.updateTime?.rfc3339())
    add("etag", pool.etag)
    add("revision", "\(pool.revision)")
    return .details(fields)
  }

  static func serverInfo(_ info: API.GetServerInfoResponse, target: String) -> Table {
    var fields: [(name: String, value: Cell)] = [
      ("server", Cell(target)), ("version", Cell(info.version)),
      ("started", Cell(info.startTime?.rfc3339() ?? "-")),
      ("uptime", Cell(info.uptime?.duration.text ?? "-")),
      ("clock", Cell(info.time?.rfc3339() ?? "-")),
      ("events", info.events),
      ("cursor", Cell(info.cursor)), ("oldest cursor", Cell(info.oldestCursor)),
      (
        "last flush",
        Cell(info.lastFlush.map { "\(($0.duration.seconds * 1e3).text(digits: 2)) ms" } ?? "-")
      ),
      ("index lag", "\(info.indexLagEvents) events"),
      ("memory", Cell(ByteSize.text(info.memoryBytes))),
      ("new tasks", info.submissions),
      ("kinds", Cell(info.kinds.joined(separator: " "))),
    ]
    fields += info.limits.map { limit in
      let beyond = limit.beyond.isEmpty ? "" : " → \(limit.beyond)"
      return (limit.name, Cell("\(limit.value) \(limit.unit)\(beyond)"))
    }
    return .details(fields)
  }
}

extension API.GetServerInfoResponse {
  /// Whether they are taken.
  fileprivate var submissions: Table.Cell {
    refusingSubmissions.isEmpty
      ? "taken" : Table.Cell("refused: \(refusingSubmissions.joined(separator: ", "))", .red)
  }

  /// Which events are kept.
  fileprivate var events: Table.Cell {
    newestRevision < oldestRevision ? "none yet" : "\(oldestRevision) to \(newestRevision)"
  }
}

extension API.RetryPolicy {
  /// `4 attempts, 1s × 2.0 up to 1m`; what is unset is left out.
  var text: String {
    var parts: [String] = []
    if let maxAttempts { parts.append("\(maxAttempts) attempts") }
    if let initialBackoff { parts.append("from \(initialBackoff.duration.text)") }
    if let factor { parts.append("× \(factor)") }
    if let maxBackoff { parts.append("up to \(maxBackoff.duration.text)") }
    if let jitter { parts.append("± \(Int(jitter * 100)) %") }
    if !nonRetryableCodes.isEmpty {
      parts.append("not \(nonRetryableCodes.joined(separator: " "))")
    }
    return parts.joined(separator: ", ")
  }
}
