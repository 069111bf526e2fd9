internal import MartletClient

/// One event on one line: time, revision, type, where, and what is worth knowing.
enum EventLine {
  static func text(_ event: API.Event, style: Style, width: Int?) -> String {
    let type = event.type.name
    let revision = "\(event.revision)"
    let blank = String(repeating: " ", count: max(0, 7 - revision.count))
    let head = "\(event.time?.rfc3339() ?? "-")  \(blank)\(revision)"
    let name = type + String(repeating: " ", count: max(0, 21 - type.count))
    let subject = [event.pool, event.taskId, event.kind].filter { !$0.isEmpty }
    var rest = TerminalText.harmless((subject + details(event)).joined(separator: "  "))
    if let width {
      let used = TerminalText.width(head) + 2 + TerminalText.width(name) + 2
      rest = TerminalText.truncated(rest, to: max(10, width - used))
    }
    return "\(style.paint(head, .faint))  \(style.paint(name, event.colour))  \(rest)"
  }

  private static func details(_ event: API.Event) -> [String] {
    var parts: [String] = []
    switch event.type {
    case .taskStarted, .taskReleased, .taskLost: parts.append("attempt \(event.attempt)")
    case .taskSubmitted, .taskReopened, .taskResumed, .taskUpdated: parts.append(event.state.name)
    default: break
    }
    if !event.fromPool.isEmpty { parts.append("from \(event.fromPool)") }
    if let bulk = event.bulk {
      parts.append("\(bulk.id) \(bulk.action?.text ?? "")")
      parts.append("\(bulk.done + bulk.failed) of \(bulk.total)")
    }
    if let workflow = event.workflow {
      parts.append("\(workflow.id) \(workflow.name)")
      parts.append(workflow.state.name)
    } else if !event.workflowId.isEmpty {
      parts.append(event.workflowId)
    }
    if !event.schedule.isEmpty { parts.append(event.schedule) }
    if let run = event.scheduleRun { parts.append("run \(run.number) \(run.message)") }
    if let next = event.scheduleChange?.nextFireTime { parts.append("next \(next.rfc3339())") }
    if let failure = event.failure { parts.append(failure.text) }
    if let due = event.dueTime, event.state == .scheduled { parts.append("due \(due.rfc3339())") }
    if let priority = event.priority { parts.append("priority \(priority)") }
    if let progress = event.progress { parts.append(progress.text) }
    if let change = event.poolChange {
      parts.append(change.state.name)
      if let scaling = change.scaling {
        parts.append(scaling.text)
      } else if let spec = change.spec {
        parts.append("slots=\(spec.slots)")
      }
      if change.restoredRevision > 0 { parts.append("to \(change.restoredRevision)") }
    }
    if let group = event.group {
      parts.append("\(group.name)  budget=\(group.spec?.budget ?? 0)")
    }
    if let lock = event.lock {
      parts.append("\(lock.name) \(lock.owner)  token \(lock.token)  count \(lock.count)")
    }
    if let limit = event.limit {
      parts.append("\(limit.name)  \(limit.spec?.ruleText ?? "")")
    }
    if let permits = event.permits {
      let key = permits.key.isEmpty ? "" : " \(permits.key)"
      parts.append(
        "\(permits.limit)\(key) \(permits.owner)  token \(permits.token)  units \(permits.units)")
    }
    if event.checkpointSequence > 0 { parts.append("checkpoint \(event.checkpointSequence)") }
    if event.logLinesDropped > 0 { parts.append("\(event.logLinesDropped) lines dropped") }
    parts += event.logLines.map { "\($0.level.name) \($0.text)" }
    if event.count > 0 { parts.append("\(event.count)") }
    if !event.labels.isEmpty { parts.append(event.labels.text) }
    if !event.reason.isEmpty { parts.append("reason: \(event.reason)") }
    if !event.actor.isEmpty, event.type != .taskStarted { parts.append("by \(event.actor)") }
    if !event.payload.isEmpty { parts.append(content(event.payload)) }
    if let result = event.result { parts.append(content(result.data)) }
    return parts
  }

  private static func content(_ bytes: [UInt8]) -> String {
    String(validating: bytes, as: UTF8.self) ?? ByteSize.text(Int64(bytes.count))
  }
}

extension API.Event {
  fileprivate var colour: Style.Colour? {
    switch type {
    case .taskSucceeded: .green
    case .taskFailed, .taskLost: .red
    case .taskCancelled, .taskCancelRequested, .taskRetryScheduled, .taskPauseRequested,
      .taskPaused:
      .yellow
    case .taskStarted, .taskProgressed: .cyan
    default: nil
    }
  }
}
