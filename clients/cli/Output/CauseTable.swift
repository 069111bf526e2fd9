internal import MartletClient

extension Table {
  /// What is in the way, a row for each cause.
  static func causes(_ causes: [API.WaitingCause], withTasks: Bool = false) -> Table {
    var columns: [Column] = [
      .fixed("CAUSE"), .flexible("BECAUSE", minimum: 20),
      .flexible("WHAT WOULD END IT", minimum: 20),
    ]
    if withTasks { columns.insert(.number("TASKS"), at: 1) }
    var table = Table(columns)
    table.rows = causes.map { cause in
      var row = [
        Cell(cause.type.name, cause.type.colour), Cell(cause.text), Cell(cause.remedy),
      ]
      if withTasks { row.insert("\(cause.tasks)", at: 1) }
      return row
    }
    return table
  }
}

extension API.ExplainPoolResponse {
  /// `mails is ACTIVE: 2 of 4 slots in use (1 offered), 7 PENDING, 1 SCHEDULED`.
  var summary: String {
    let offered = slotsOffered > 0 ? " (\(slotsOffered) offered)" : ""
    var parts = ["\(slotsInUse) of \(slots) slots in use\(offered)"]
    for (count, name) in [
      (pending, "PENDING"), (scheduled, "SCHEDULED"), (paused, "PAUSED"), (blocked, "BLOCKED"),
    ] where count > 0 {
      parts.append("\(count) \(name)")
    }
    return "\(pool) is \(state.name): \(parts.joined(separator: ", "))"
  }
}

extension API.WaitingCauseType {
  fileprivate var colour: Style.Colour? {
    switch self {
    case .running: .cyan
    case .ended, .starting: nil
    default: .yellow
    }
  }
}
