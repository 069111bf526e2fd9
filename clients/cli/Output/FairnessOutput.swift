internal import MartletClient

extension JSON {
  init(_ share: API.FairnessShare) {
    var fields: [Field] = []
    fields.add("key", share.key)
    fields.add("weight", share.weight)
    fields.add("running", share.running)
    fields.add("waiting", share.waiting)
    self = .object(fields)
  }

  init(_ standing: API.FairnessStanding) {
    var fields: [Field] = []
    fields.add("share", standing.share.map { JSON($0) })
    fields.add("tasks_ahead", standing.tasksAhead)
    fields.add("other_keys", standing.otherKeys)
    self = .object(fields)
  }
}

extension Table {
  /// What the fairness keys of a pool use, a row each.
  static func shares(_ shares: [API.FairnessShare]) -> Table {
    var table = Table([
      .flexible("KEY", minimum: 12), .number("WEIGHT"), .number("RUNNING"), .number("WAITING"),
    ])
    table.rows = shares.map { share in
      [
        Cell(share.key.isEmpty ? "(none)" : share.key), "\(share.weight)", "\(share.running)",
        "\(share.waiting)",
      ]
    }
    return table
  }
}

extension API.TaskSpec {
  /// `tenant-7, weight 3`; nil of a task that says nothing of it.
  var fairnessText: String? {
    if fairnessKey.isEmpty, fairnessWeight == nil { return nil }
    let weight = fairnessWeight.map { "weight \($0)" }
    return [fairnessKey.isEmpty ? nil : fairnessKey, weight].compactMap { $0 }
      .joined(separator: ", ")
  }
}
