internal import MartletClient

extension Table {
  /// A task's life, a row for each stretch of it.
  static func trace(_ trace: API.TaskTrace) -> Table {
    var table = Table([
      .fixed("START"), .number("AFTER"), .number("TOOK"), .fixed("WHAT"),
      .flexible("WORKER"), .flexible("NOTE", minimum: 16),
    ])
    let first = trace.nodes.first?.startTime
    table.rows = trace.nodes.map { node in
      let after = first.flatMap { node.startTime?.since($0) }
      let took = node.isMoment ? "" : node.duration?.duration.text ?? ""
      return [
        Cell(node.startTime?.rfc3339() ?? "-", .faint), Cell(after?.text ?? "-", .faint),
        Cell(node.goesOn ? "\(took) …" : took), Cell(node.what, node.colour),
        Cell(node.worker), Cell(node.note),
      ]
    }
    return table
  }
}

extension API.TraceNode {
  fileprivate var goesOn: Bool { endTime == nil }

  fileprivate var isMoment: Bool {
    switch type {
    case .submitted, .reopened: true
    case .ended: duration == nil || duration == WellKnown.Duration()
    default: false
    }
  }

  fileprivate var what: String {
    switch type {
    case .running: "RUNNING \(attempt)"
    case .ended: state.name
    default: type.name
    }
  }

  fileprivate var colour: Style.Colour? {
    switch type {
    case .running: .cyan
    case .ended: state.colour
    default: nil
    }
  }

  /// What came of it, and who said why.
  fileprivate var note: String {
    var parts: [String] = []
    if type == .scheduled { parts.append(scheduleReason.words) }
    if type == .running, outcome != .unspecified { parts.append(outcome.name) }
    if type == .omitted { parts.append("\(omittedTurns) turns are not kept") }
    // The end repeats what the last attempt said.
    if type == .running || type == .ended && failure?.attempt == 0, let failure {
      parts.append(failure.text)
    }
    if !actor.isEmpty { parts.append("by \(actor)") }
    if !reason.isEmpty { parts.append("(\(reason))") }
    return parts.joined(separator: " ")
  }
}

extension API.ScheduleReason {
  fileprivate var words: String {
    switch self {
    case .delay: "until its start time"
    case .backOff: "back-off"
    case .givenBack: "given back until later"
    case .unspecified, .unrecognized: ""
    }
  }
}

extension API.TraceTotals {
  /// `12.3s in all: queued 2s, ran 10s in 2 attempts, back-off 300ms`; without what took no time.
  var text: String {
    var parts: [String] = []
    func add(_ name: String, _ span: WellKnown.Duration?) {
      if let span, span != WellKnown.Duration() { parts.append("\(name) \(span.duration.text)") }
    }
    add("start time", delay)
    add("blocked", blocked)
    add("queued", queueWait)
    if let runTime, attempts > 0 {
      let tries = counted(attempts, "attempt")
      parts.append("ran \(runTime.duration.text) in \(tries)")
    }
    add("back-off", backOff)
    add("paused", paused)
    add("ended", ended)
    add("not kept", omitted)
    let sum = "\(lifetime?.duration.text ?? "0s") in all"
    return parts.isEmpty ? sum : "\(sum): \(parts.joined(separator: ", "))"
  }
}
