internal import MartletClient

/// What the demo found, for people and for scripts.
struct DemoReport {
  let files: FileCollection
  let outcome: DemoRun.Outcome
  let comparison: DemoComparison

  private static let mismatchesShown = 20

  private var ledger: DemoLedger { outcome.ledger }

  /// From the first submission to the last end; by the feed's times, else by this clock.
  private var seconds: Double { max(0.001, (ledger.span ?? outcome.wholeTime).seconds) }

  private var tasksPerSecond: Double { Double(ledger.ended) / seconds }

  private var failed: Int { comparison.failures.values.reduce(0) { $0 + $1.count } }

  private var succeeded: Int {
    ledger.stories.values.count { story in
      if case .succeeded = story.end { true } else { false }
    }
  }

  var isRight: Bool { comparison.mismatches.isEmpty && ledger.ended == files.paths.count }

  /// One sentence about what is not right; nil if everything is.
  var complaint: String? {
    if isRight { return nil }
    if comparison.notAllowed > 0 {
      return "file.digest may not read \(comparison.notAllowed) of the files: "
        + "start the server with `martletd --file-root \(files.root)`."
    }
    return "\(comparison.mismatches.count) things are not right, they are listed above: "
      + "see `martlet task list --state failed` and the server's log."
  }

  func text(style: Style) -> String {
    var lines = ["", Table.details(totals(style)).text(width: nil, style: style), ""]
    lines.append(times.text(width: nil, style: style))
    lines.append("")
    for (code, failures) in comparison.failures.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "\(failures.count) failed with \(code) (\(failures.message)), such as \(failures.path)")
    }
    if files.closedFolders > 0 {
      lines.append("left out: folders that may not be listed, \(files.closedFolders)")
    }
    if files.unnameable > 0 {
      lines.append("left out: files whose names are not UTF-8, \(files.unnameable)")
    }
    lines += comparison.mismatches.prefix(Self.mismatchesShown).map {
      style.paint("NOT RIGHT  ", .red) + $0
    }
    let more = comparison.mismatches.count - Self.mismatchesShown
    if more > 0 { lines.append("… and \(more) more") }
    lines.append(verdict(style))
    return lines.joined(separator: "\n")
  }

  private func totals(_ style: Style) -> [(name: String, value: Table.Cell)] {
    let volume = ByteSize.text(comparison.bytes)
    let perSecond = ByteSize.text(Int64(Double(comparison.bytes) / seconds))
    let again = ledger.repeats > 0 ? ", \(ledger.repeats) attempts were repeats" : ""
    let workers: [(name: String, value: Table.Cell)] =
      outcome.workers == 0 ? [] : [("workers", Table.Cell(fleet))]
    return workers + [
      ("files", "\(files.paths.count), \(volume), \(comparison.lines) lines"),
      (
        "submitted",
        Table.Cell(
          "in \(outcome.batches) atomic batches, durable after "
            + "\(outcome.submitTime.milliseconds.text(digits: 0)) ms")
      ),
      ("succeeded", Table.Cell("\(succeeded)", .green)),
      ("failed", Table.Cell("\(failed)\(again)", failed > 0 ? .yellow : nil)),
      ("events", "\(ledger.events), in order, none twice".withFaults(ledger.faults.count)),
      (
        "throughput",
        Table.Cell(
          "\(tasksPerSecond.text(digits: 0)) tasks/s, \(perSecond)/s, \(seconds.text(digits: 2)) s in all"
        )
      ),
    ]
  }

  /// What became of the workers.
  private var fleet: String {
    guard outcome.hasKilled else {
      return "\(outcome.workers), none killed: the tasks were done before"
    }
    return "\(outcome.workers), one killed midway: \(ledger.lost) attempts lost, offered again"
  }

  private var times: Table {
    var table = Table([
      .fixed("ms"), .number("p50"), .number("p90"), .number("p99"), .number("max"),
    ])
    for (name, values) in [("queue time", ledger.queueTimes), ("run time", ledger.runTimes)] {
      guard let found = Percentiles(values) else { continue }
      table.rows.append(
        [Table.Cell(name)]
          + [found.p50, found.p90, found.p99, found.max].map {
            Table.Cell($0.milliseconds.text(digits: 2))
          })
    }
    return table
  }

  private func verdict(_ style: Style) -> String {
    let unreadable =
      comparison.unreadable > 0 ? ", \(comparison.unreadable) unreadable for both" : ""
    let compared = "\(comparison.equal) digests equal those of sha256sum\(unreadable)"
    return isRight
      ? style.paint("All right: ", .green) + compared
      : style.paint("Not right: ", .red) + compared + ", \(comparison.mismatches.count) mismatches"
  }

  var json: JSON {
    let failures = comparison.failures.sorted { $0.key < $1.key }.map { code, found in
      JSON.object([
        JSON.Field("code", .string(code)), JSON.Field("count", .integer(Int64(found.count))),
        JSON.Field("message", .string(found.message)), JSON.Field("path", .string(found.path)),
      ])
    }
    var fields: [JSON.Field] = []
    fields.append(JSON.Field("right", .bool(isRight)))
    fields.add("folder", files.root)
    fields.add("files", Int64(files.paths.count))
    fields.add("bytes", comparison.bytes)
    fields.add("lines", comparison.lines)
    fields.add("batches", Int64(outcome.batches))
    fields.add("succeeded", Int64(succeeded))
    fields.add("failed", Int64(failed))
    fields.add("repeats", Int64(ledger.repeats))
    if outcome.workers > 0 {
      fields.add("workers", Int64(outcome.workers))
      fields.append(JSON.Field("worker_killed", .bool(outcome.hasKilled)))
      fields.add("attempts_lost", Int64(ledger.lost))
    }
    fields.add("events", Int64(ledger.events))
    fields.append(JSON.Field("seconds", .number(seconds)))
    fields.append(JSON.Field("submit_seconds", .number(outcome.submitTime.seconds)))
    fields.append(JSON.Field("throughput", .number(tasksPerSecond)))
    fields.add("queue_time_ms", Percentiles(ledger.queueTimes)?.json)
    fields.add("run_time_ms", Percentiles(ledger.runTimes)?.json)
    fields.add("closed_folders", Int64(files.closedFolders))
    fields.add("unnameable", Int64(files.unnameable))
    fields.add("equal", Int64(comparison.equal))
    fields.add("unreadable", Int64(comparison.unreadable))
    fields.append(JSON.Field("failures", .array(failures)))
    fields.append(JSON.Field("mismatches", .array(comparison.mismatches.map { .string($0) })))
    return .object(fields)
  }
}

extension String {
  fileprivate func withFaults(_ count: Int) -> Table.Cell {
    count == 0
      ? Table.Cell(self)
      : Table.Cell("\(prefix { $0 != "," }), \(count) of them out of order", .red)
  }
}
