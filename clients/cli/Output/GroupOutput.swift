internal import MartletClient

extension Table {
  /// Many groups, a row each.
  static func groups(_ groups: [API.Group]) -> Table {
    var table = Table([
      .flexible("NAME", minimum: 12), .number("BUDGET"), .number("IN USE"), .number("GUARANTEED"),
      .number("OWED"), .number("POOLS"),
    ])
    table.rows = groups.map { group in
      let status = group.status ?? API.GroupStatus()
      return [
        Cell(group.name), "\(group.spec?.budget ?? 0)", "\(status.slotsInUse)",
        "\(status.slotsGuaranteed)", Cell("\(status.slotsOwed)", status.owedColour),
        "\(status.pools.count)",
      ]
    }
    return table
  }

  /// One group without its pools.
  static func group(_ group: API.Group) -> Table {
    let status = group.status ?? API.GroupStatus()
    var fields: [(name: String, value: Cell)] = [
      ("name", Cell(group.name)), ("budget", "\(group.spec?.budget ?? 0)"),
      ("in use", "\(status.slotsInUse)"), ("guaranteed", "\(status.slotsGuaranteed)"),
      ("owed", Cell("\(status.slotsOwed)", status.owedColour)),
    ]
    if let labels = group.spec?.labels, !labels.isEmpty {
      fields.append(("labels", Cell(labels.text)))
    }
    fields.append(("created", Cell(group.createTime?.rfc3339() ?? "-")))
    fields.append(("updated", Cell(group.updateTime?.rfc3339() ?? "-")))
    fields.append(("etag", Cell(group.etag)))
    return .details(fields)
  }

  /// A group's pools.
  static func members(_ pools: [API.GroupMember]) -> Table {
    var table = Table([
      .flexible("POOL", minimum: 12), .number("MINIMUM"), .number("SLOTS"), .number("IN USE"),
      .number("OWED"), .number("LENT"), .number("BORROWED"), .number("PENDING"),
    ])
    table.rows = pools.map { pool in
      [
        Cell(pool.pool), "\(pool.minimum)", "\(pool.slotsLimit)", "\(pool.slotsInUse)",
        Cell("\(pool.slotsOwed)", pool.slotsOwed > 0 ? .yellow : nil), "\(pool.slotsLent)",
        "\(pool.slotsBorrowed)", "\(pool.pending)",
      ]
    }
    return table
  }

  /// What was done with a pool.
  static func history(_ revisions: [API.PoolRevision]) -> Table {
    var table = Table([
      .number("REVISION"), .fixed("TIME"), .fixed("CHANGE"), .flexible("BY", minimum: 8),
      .flexible("WHAT", minimum: 12), .flexible("REASON", minimum: 8),
    ])
    table.rows = revisions.map { revision in
      [
        "\(revision.revision)", Cell(revision.time?.rfc3339() ?? "-"), Cell(revision.type.name),
        Cell(revision.actor.isEmpty ? "server" : revision.actor), Cell(revision.difference),
        Cell(revision.reason),
      ]
    }
    return table
  }
}

extension API.GroupStatus {
  fileprivate var owedColour: Style.Colour? { slotsOwed > 0 ? .yellow : nil }
}

extension API.PoolRevision {
  /// The settings that are others after it, each `name=value`; state and slots too.
  var difference: String {
    if let scaling { return scaling.text }
    var parts: [String] = []
    if restoredRevision > 0 { parts.append("to \(restoredRevision)") }
    guard let after, let new = after.spec else { return parts.joined(separator: " ") }
    let fields = JSON(new).fields
    let old = before?.spec.map { JSON($0).fields }
    for field in fields where old?.first(where: { $0.key == field.key }) != field {
      if old == nil, !["slots", "scaling", "group"].contains(field.key) { continue }
      parts.append("\(field.key)=\(field.value.text)")
    }
    for field in old ?? [] where !fields.contains(where: { $0.key == field.key }) {
      parts.append("\(field.key) unset")
    }
    if let before, before.state != after.state { parts.append(after.state.name) }
    return parts.joined(separator: " ")
  }
}

extension API.PoolScalingVerdict {
  /// `4 → 6 slots: DEMAND, use 150 %`.
  var text: String {
    let change = fromSlots == toSlots ? "\(fromSlots) slots" : "\(fromSlots) → \(toSlots) slots"
    var text = "\(change): \(reason.name), use \(usePercent) %"
    if let coolingUntil { text += ", until \(coolingUntil.rfc3339())" }
    return text
  }
}

extension API.PoolScaling {
  /// `ON 2..32, up at 80 %, down at 20 %, by 50 %`.
  var text: String {
    var parts = ["\(mode.name) \(minSlots)..\(maxSlots)"]
    if let upPercent { parts.append("up at \(upPercent) %") }
    if let downPercent { parts.append("down at \(downPercent) %") }
    if let oldestAge { parts.append("up after \(oldestAge.duration.text)") }
    switch step {
    case .stepSlots(let count): parts.append("by \(count)")
    case .stepPercent(let percent): parts.append("by \(percent) %")
    case nil: break
    }
    if let upCooldown, let downCooldown {
      parts.append("cool-down \(upCooldown.duration.text) up, \(downCooldown.duration.text) down")
    }
    return parts.joined(separator: ", ")
  }
}

extension JSON {
  fileprivate var fields: [Field] { if case .object(let fields) = self { fields } else { [] } }

  init(_ group: API.Group) {
    var fields: [Field] = []
    fields.add("name", group.name)
    fields.add("budget", group.spec?.budget ?? 0)
    fields.append(Field("labels", JSON(group.spec?.labels ?? [:])))
    if let status = group.status {
      fields.add("slots_in_use", status.slotsInUse)
      fields.add("slots_guaranteed", status.slotsGuaranteed)
      fields.add("slots_owed", status.slotsOwed)
      fields.append(Field("pools", .array(status.pools.map { JSON($0) })))
    }
    fields.add("etag", group.etag)
    fields.add("create_time", group.createTime.map { JSON($0) })
    fields.add("update_time", group.updateTime.map { JSON($0) })
    self = .object(fields)
  }

  init(_ member: API.GroupMember) {
    var fields: [Field] = []
    fields.add("pool", member.pool)
    fields.add("minimum", member.minimum)
    fields.add("slots_limit", member.slotsLimit)
    fields.add("slots_in_use", member.slotsInUse)
    fields.add("slots_owed", member.slotsOwed)
    fields.add("slots_lent", member.slotsLent)
    fields.add("slots_borrowed", member.slotsBorrowed)
    fields.add("pending", member.pending)
    self = .object(fields)
  }

  init(_ scaling: API.PoolScaling) {
    var fields: [Field] = []
    fields.add("mode", scaling.mode.name)
    fields.add("min_slots", scaling.minSlots)
    fields.add("max_slots", scaling.maxSlots)
    fields.add("up_percent", scaling.upPercent.map { .integer(Int64($0)) })
    fields.add("down_percent", scaling.downPercent.map { .integer(Int64($0)) })
    fields.add("oldest_age", scaling.oldestAge.map { JSON($0) })
    switch scaling.step {
    case .stepSlots(let count): fields.add("step_slots", count)
    case .stepPercent(let percent): fields.add("step_percent", percent)
    case nil: break
    }
    fields.add("up_cooldown", scaling.upCooldown.map { JSON($0) })
    fields.add("down_cooldown", scaling.downCooldown.map { JSON($0) })
    self = .object(fields)
  }

  init(_ verdict: API.PoolScalingVerdict) {
    var fields: [Field] = []
    fields.add("mode", verdict.mode.name)
    fields.add("from_slots", verdict.fromSlots)
    fields.add("to_slots", verdict.toSlots)
    fields.add("reason", verdict.reason.name)
    fields.add("use_percent", verdict.usePercent)
    fields.add("slots_in_use", verdict.slotsInUse)
    fields.add("pending", verdict.pending)
    fields.add("oldest_age", verdict.oldestAge.map { JSON($0) })
    fields.add("cooling_until", verdict.coolingUntil.map { JSON($0) })
    self = .object(fields)
  }

  init(_ revision: API.PoolRevision) {
    var fields: [Field] = []
    fields.append(Field("revision", .unsigned(revision.revision)))
    fields.add("time", revision.time.map { JSON($0) })
    fields.add("type", revision.type.name)
    fields.add("actor", revision.actor)
    fields.add("reason", revision.reason)
    fields.add("before", revision.before.map { JSON($0) })
    fields.add("after", revision.after.map { JSON($0) })
    fields.add("scaling", revision.scaling.map { JSON($0) })
    if revision.restoredRevision > 0 {
      fields.append(Field("restored_revision", .unsigned(revision.restoredRevision)))
    }
    self = .object(fields)
  }

  private init(_ form: API.PoolForm) {
    var fields: [Field] = []
    fields.add("spec", form.spec.map { JSON($0) })
    fields.add("state", form.state.name)
    fields.add("slots_limit", form.slotsLimit)
    fields.add("etag", form.etag)
    self = .object(fields)
  }
}
