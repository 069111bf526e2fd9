internal import MartletClient

extension JSON {
  init(_ limit: API.NamedLimit) {
    var fields: [Field] = []
    fields.add("name", limit.name)
    fields.add("spec", limit.spec.map { JSON($0) })
    fields.add("status", limit.status.map { JSON($0) })
    fields.add("etag", limit.etag)
    fields.add("create_time", limit.createTime.map { JSON($0) })
    fields.add("update_time", limit.updateTime.map { JSON($0) })
    fields.add("actor", limit.actor)
    fields.add("reason", limit.reason)
    self = .object(fields)
  }

  private init(_ spec: API.LimitSpec) {
    var fields: [Field] = []
    switch spec.rule {
    case .rate(let rate):
      var parts = [Field("units", .integer(rate.units))]
      parts.add("per", rate.per.map { JSON($0) })
      parts.append(Field("burst", .integer(rate.burst)))
      fields.append(Field("rate", .object(parts)))
    case .window(let window):
      var parts = [Field("units", .integer(window.units))]
      parts.add("length", window.length.map { JSON($0) })
      fields.append(Field("window", .object(parts)))
    case .concurrency(let concurrency):
      fields.append(
        Field("concurrency", .object([Field("units", .integer(concurrency.units))])))
    case nil: break
    }
    if !spec.pools.isEmpty { fields.append(Field("pools", .array(spec.pools.map { .string($0) }))) }
    if !spec.kinds.isEmpty { fields.append(Field("kinds", .array(spec.kinds.map { .string($0) }))) }
    fields.add("key_label", spec.keyLabel)
    self = .object(fields)
  }

  private init(_ status: API.LimitStatus) {
    var fields: [Field] = []
    fields.add("key", status.key)
    fields.append(Field("available", .integer(status.available)))
    fields.append(Field("in_use", .integer(status.inUse)))
    fields.append(Field("waiting_calls", .integer(status.waitingCalls)))
    fields.append(Field("waiting_tasks", .integer(status.waitingTasks)))
    fields.add("next_time", status.nextTime.map { JSON($0) })
    fields.append(Field("keys", .integer(status.keys)))
    fields.append(Field("running_tasks", .integer(status.runningTasks)))
    if !status.holders.isEmpty {
      fields.append(Field("holders", .array(status.holders.map { JSON($0) })))
    }
    self = .object(fields)
  }

  init(_ permits: API.Permits) {
    var fields: [Field] = []
    fields.add("limit", permits.limit)
    fields.add("key", permits.key)
    fields.append(Field("units", .integer(permits.units)))
    fields.add("owner", permits.owner)
    fields.append(Field("token", .unsigned(permits.token)))
    fields.add("lease", permits.lease.map { JSON($0) })
    fields.add("acquire_time", permits.acquireTime.map { JSON($0) })
    fields.add("expire_time", permits.expireTime.map { JSON($0) })
    fields.add("task_id", permits.taskId)
    fields.append(Field("available", .integer(permits.available)))
    self = .object(fields)
  }
}

extension Table {
  /// Many limits, a row each.
  static func limits(_ limits: [API.NamedLimit]) -> Table {
    var table = Table([
      .flexible("NAME", minimum: 12), .fixed("ALLOWS"), .flexible("TASKS", minimum: 8),
      .fixed("KEY"), .number("AVAILABLE"), .number("WAITING"),
    ])
    table.rows = limits.map { limit in
      let status = limit.status ?? API.LimitStatus()
      let isKeyed = limit.spec?.keyLabel.isEmpty == false
      return [
        Cell(limit.name), Cell(limit.spec?.ruleText ?? "-"), Cell(limit.spec?.scopeText ?? "-"),
        Cell(isKeyed ? limit.spec?.keyLabel ?? "" : "-"),
        Cell(isKeyed ? "-" : "\(status.available)"),
        Cell(isKeyed ? "-" : "\(status.waitingCalls + status.waitingTasks)"),
      ]
    }
    return table
  }

  static func limit(_ limit: API.NamedLimit) -> Table {
    let status = limit.status ?? API.LimitStatus()
    var fields: [(name: String, value: Cell)] = [
      ("name", Cell(limit.name)), ("allows", Cell(limit.spec?.ruleText ?? "-")),
      ("tasks", Cell(limit.spec?.scopeText ?? "-")),
    ]
    if let label = limit.spec?.keyLabel, !label.isEmpty { fields.append(("key", Cell(label))) }
    let isKeyed = limit.spec?.keyLabel.isEmpty == false
    if isKeyed || status.keys > 1 { fields.append(("keys", "\(status.keys)")) }
    if !status.key.isEmpty { fields.append(("state of", Cell(status.key))) }
    // Each key has a state of its own: that of the empty one is told if calls use it.
    if isKeyed, status.key.isEmpty, status.inUse + status.waitingCalls == 0 {
      fields.append(("state", Cell("one for each \(limit.spec?.keyLabel ?? "key"): see --key")))
    } else {
      fields += [
        ("available", "\(status.available)"), ("in use", "\(status.inUse)"),
        (
          "waiting",
          Cell("\(counted(status.waitingCalls, "call")), \(counted(status.waitingTasks, "task"))")
        ),
      ]
    }
    if let next = status.nextTime { fields.append(("next", Cell(next.rfc3339()))) }
    fields.append(("updated", Cell(limit.updateTime?.rfc3339() ?? "-")))
    if !limit.actor.isEmpty { fields.append(("by", Cell(limit.actor))) }
    if !limit.reason.isEmpty { fields.append(("reason", Cell(limit.reason))) }
    fields.append(("etag", Cell(limit.etag)))
    return .details(fields)
  }

  /// Who holds permits.
  static func holders(_ holders: [API.Permits]) -> Table {
    var table = Table([
      .flexible("OWNER", minimum: 12), .number("UNITS"), .number("TOKEN"), .fixed("SINCE"),
      .fixed("UNTIL"),
    ])
    table.rows = holders.map { permits in
      [
        Cell(permits.owner), "\(permits.units)", "\(permits.token)",
        Cell(permits.acquireTime?.rfc3339() ?? "-"), Cell(permits.expireTime?.rfc3339() ?? "-"),
      ]
    }
    return table
  }

  static func permits(_ permits: API.Permits) -> Table {
    .details([
      ("limit", Cell(permits.limit)), ("key", Cell(permits.key.isEmpty ? "-" : permits.key)),
      ("units", "\(permits.units)"), ("owner", Cell(permits.owner)),
      ("token", "\(permits.token)"), ("until", Cell(permits.expireTime?.rfc3339() ?? "-")),
      ("available", "\(permits.available)"),
    ])
  }
}

extension API.LimitSpec {
  var ruleText: String {
    switch rule {
    case .rate(let rate):
      "\(rate.units) in \(rate.per?.duration.text ?? "-"), bursts of \(rate.burst)"
    case .window(let window): "\(window.units) in any \(window.length?.duration.text ?? "-")"
    case .concurrency(let concurrency): "\(concurrency.units) at a time"
    case nil: "-"
    }
  }

  var scopeText: String {
    if pools.isEmpty, kinds.isEmpty { return keyLabel.isEmpty ? "none" : "all" }
    var parts: [String] = []
    if !kinds.isEmpty { parts.append(kinds.joined(separator: ", ")) }
    if !pools.isEmpty { parts.append("in \(pools.joined(separator: ", "))") }
    return parts.joined(separator: " ")
  }
}

extension Session {
  func show(_ limit: API.NamedLimit) {
    guard format == .table else { return self.print(JSON(limit)) }
    self.print(.limit(limit))
    if let holders = limit.status?.holders, !holders.isEmpty { self.print(.holders(holders)) }
  }

  func show(_ permits: API.Permits) { show(json: JSON(permits), table: .permits(permits)) }
}
