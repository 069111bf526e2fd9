internal import MartletClient

extension Table {
  /// Many tasks, a row each.
  static func tasks(_ tasks: [API.Task], now: Double) -> Table {
    var table = Table([
      .fixed("ID"), .fixed("STATE"), .flexible("POOL"), .flexible("KIND"), .number("ATTEMPT"),
      .number("AGE"), .number("RAN"), .flexible("NOTE", minimum: 10),
    ])
    table.rows = tasks.map { task in
      [
        Cell(task.id), Cell(task.state.name, task.state.colour), Cell(task.pool),
        Cell(task.spec?.kind ?? ""), "\(task.attempt)", Cell(age(task.createTime, now: now)),
        Cell(task.runTime?.text ?? "-"), Cell(task.note, task.failure == nil ? nil : .red),
      ]
    }
    return table
  }

  /// One task, all of it.
  static func task(_ task: API.Task) -> Table {
    var fields: [(name: String, value: Cell)] = [
      ("id", Cell(task.id)), ("pool", Cell(task.pool)), ("kind", Cell(task.spec?.kind ?? "")),
      ("state", Cell(task.state.name, task.state.colour)), ("attempt", "\(task.attempt)"),
    ]
    func add(_ name: String, _ value: String?) {
      if let value, !value.isEmpty { fields.append((name, Cell(value))) }
    }
    add("waits", task.waitingFor)
    add("depends on", task.spec?.dependsOn.shown)
    add(
      "workflow",
      [task.workflow, task.workflowLevel].filter { !$0.isEmpty }.joined(separator: "  "))
    add("schedule", task.schedule)
    add("ref", task.spec?.ref)
    add("failure", task.failure?.text)
    add("failure class", task.failure?.failureClass)
    add("retry delay", task.failure?.retryDelay?.duration.text)
    add("result", task.result.map { contentText($0.data) })
    add("progress", task.progress?.text)
    add("labels", task.spec?.labels.text)
    add("payload", task.spec.flatMap { $0.payload.isEmpty ? nil : contentText($0.payload) })
    add("priority", task.spec?.priority.map { "\($0)" })
    add("fairness", task.spec?.fairnessText)
    add("created", task.createTime?.rfc3339())
    add(task.state == .scheduled ? "due" : "queued", task.dueTime?.rfc3339())
    add("started", task.startTime?.rfc3339())
    add("finished", task.finishTime?.rfc3339())
    add("ran", task.runTime?.text)
    add("cancel asked", task.cancelRequestTime?.rfc3339())
    add("cancel reason", task.cancelReason)
    add("pause asked", task.pauseRequestTime?.rfc3339())
    add("pause reason", task.pauseReason)
    add("checkpoint", task.checkpoint.map { "\($0.sequence)" })
    add("deadline", task.spec?.deadline?.rfc3339())
    add("run timeout", task.spec?.runTimeout?.duration.text)
    add("queue timeout", task.spec?.queueTimeout?.duration.text)
    add("heartbeat timeout", task.spec?.heartbeatTimeout?.duration.text)
    add("worker", task.worker)
    add("actor", task.actor)
    add("request id", task.requestId)
    add("revision", "\(task.revision)")
    return .details(fields)
  }

  static func counts(_ response: API.CountTasksResponse) -> Table {
    var table = Table([
      .flexible("POOL"), .fixed("STATE"), .flexible("KIND"), .number("COUNT"),
    ])
    table.rows = response.counts.map { row in
      [
        Cell(row.pool), Cell(row.state.name, row.state.colour), Cell(row.kind), "\(row.count)",
      ]
    }
    table.rows.append(["", "", Cell("total", .bold), Cell("\(response.total)", .bold)])
    return table
  }

  /// How long ago; `-` if it is not known.
  static func age(_ time: WellKnown.Timestamp?, now: Double) -> String {
    guard let time else { return "-" }
    return Duration.seconds(Int64(max(0, now - time.secondsSinceEpoch))).text
  }

  /// Text as it is, other bytes by their number.
  private static func contentText(_ bytes: [UInt8]) -> String {
    String(validating: bytes, as: UTF8.self) ?? ByteSize.text(Int64(bytes.count)) + ", not text"
  }
}

extension API.Task {
  /// How long the newest attempt ran; nil before its end.
  var runTime: Duration? {
    guard let startTime, let finishTime else { return nil }
    return finishTime.since(startTime)
  }

  /// What a row says beside the columns: why it waits, failure, else progress, else labels.
  fileprivate var note: String {
    if state == .paused, !pauseReason.isEmpty { return pauseReason }
    if !waitingFor.isEmpty { return waitingFor }
    if let failure, state != .succeeded { return failure.text }
    if state == .running, let progress { return progress.text }
    return spec?.labels.text ?? ""
  }
}

extension API.Failure {
  /// `HANDLER NOT_FOUND: there is no such file`.
  var text: String {
    let head = code.isEmpty ? kind.name : "\(kind.name) \(code)"
    return message.isEmpty ? head : "\(head): \(message)"
  }
}

extension API.Progress {
  /// `45 %  reading  bytes=1024`.
  var text: String {
    let counted = counters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return
      ([percent.map { "\(Int($0)) %" }, step.isEmpty ? nil : step].compactMap { $0 } + counted)
      .joined(separator: "  ")
  }
}

extension [String] {
  /// The first ones, and how many there are more.
  fileprivate var shown: String {
    let more = count > 8 ? " and \(count - 8) more" : ""
    return prefix(8).joined(separator: " ") + more
  }
}

extension [String: String] {
  /// `a=1 b=2`, by key.
  var text: String {
    sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }
}
