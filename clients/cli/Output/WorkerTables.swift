internal import MartletClient

extension Table {
  /// Many workers, a row each.
  static func workers(_ workers: [API.Worker]) -> Table {
    var table = Table([
      .fixed("ID"), .flexible("NAME", minimum: 8), .fixed("STATE"), .number("RUNS"),
      .number("SLOTS"), .number("CREDIT"), .number("HEARD"), .flexible("KINDS", minimum: 8),
    ])
    table.rows = workers.map { worker in
      [
        Cell(worker.id), Cell(worker.name), worker.stateCell, "\(worker.tasks.count)",
        "\(worker.slots)", "\(worker.credit)", Cell(worker.silence?.duration.text ?? "-"),
        Cell(worker.kinds.joined(separator: " ")),
      ]
    }
    return table
  }

  /// One worker, all of it.
  static func worker(_ worker: API.Worker) -> Table {
    var fields: [(name: String, value: Cell)] = [
      ("id", Cell(worker.id)), ("name", Cell(worker.name)),
      ("instance", Cell(worker.instance)), ("state", worker.stateCell),
      ("kinds", Cell(worker.kinds.joined(separator: " "))),
      ("pools", Cell(worker.pools.isEmpty ? "all" : worker.pools.joined(separator: " "))),
      ("slots", "\(worker.slots)"), ("credit", "\(worker.credit)"),
      ("age", Cell(worker.age?.duration.text ?? "-")),
      ("heard", Cell("\(worker.silence?.duration.text ?? "-") ago")),
      ("runs", "\(worker.tasks.count)"),
    ]
    if !worker.labels.isEmpty { fields.append(("labels", Cell(worker.labels.text))) }
    fields += worker.tasks.map { ("task", Cell($0)) }
    return .details(fields)
  }
}

extension API.Worker {
  fileprivate var stateCell: Table.Cell {
    if !connected { return Table.Cell("GONE", .red) }
    return draining ? Table.Cell("DRAINING", .yellow) : Table.Cell("CONNECTED", .green)
  }
}
