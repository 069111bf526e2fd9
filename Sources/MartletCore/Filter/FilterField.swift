/// What a filter can ask about.
package enum FilterField: Hashable, Sendable {
  case text(Text)
  case time(Time)
  case number(Number)
  case span(Span)
  case state
  case failureKind
  /// Of progress: 0 to 100.
  case percent
  case id
  /// The labels as a whole: which keys there are.
  case labels

  package enum Text: Hashable, Sendable {
    case pool
    case kind
    case label(key: String)
    case failureCode
    case failureMessage
    case progressStep
    /// The name of the worker that makes the newest attempt, or made it.
    case worker
    /// Of events: `TASK_FAILED`.
    case eventType
    /// Of events: who caused it.
    case actor
    /// Of events: as given with the command.
    case reason
    /// The id of the workflow that it is of: `w17`.
    case workflow
    /// For whom it runs.
    case fairnessKey
  }

  package enum Time: String, Hashable, Sendable, CaseIterable {
    case createTime = "create_time"
    case dueTime = "due_time"
    case startTime = "start_time"
    case finishTime = "finish_time"
    /// Of events.
    case time
  }

  package enum Number: String, Hashable, Sendable, CaseIterable {
    case priority
    case attempt
  }

  /// Spans between two times of a task, or to now.
  package enum Span: String, Hashable, Sendable, CaseIterable {
    /// Since it was submitted.
    case age
    /// From the start of the newest attempt to the task's end; of a RUNNING task, to now.
    case runTime = "run_time"
    /// From when it last became PENDING to the start, or to its end without one; of a PENDING task,
    /// to now.
    case queueTime = "queue_time"
  }
}

/// Which names mean which fields: tasks and events have not quite the same.
struct FilterVocabulary {
  let fields: [(name: String, field: FilterField)]
  /// The names of all types of events; empty for tasks.
  let eventTypes: [String]

  static let tasks = FilterVocabulary(
    fields: [
      ("pool", .text(.pool)), ("state", .state), ("kind", .text(.kind)), ("labels", .labels),
      ("id", .id), ("create_time", .time(.createTime)), ("due_time", .time(.dueTime)),
      ("start_time", .time(.startTime)), ("finish_time", .time(.finishTime)),
      ("priority", .number(.priority)), ("attempt", .number(.attempt)), ("age", .span(.age)),
      ("run_time", .span(.runTime)), ("queue_time", .span(.queueTime)), ("worker", .text(.worker)),
      ("workflow", .text(.workflow)), ("fairness_key", .text(.fairnessKey)),
    ] + shared, eventTypes: [])

  static func events(types: [String]) -> FilterVocabulary {
    FilterVocabulary(
      fields: [
        ("type", .text(.eventType)), ("pool", .text(.pool)), ("state", .state),
        ("kind", .text(.kind)), ("labels", .labels), ("task_id", .id), ("time", .time(.time)),
        ("due_time", .time(.dueTime)), ("attempt", .number(.attempt)), ("actor", .text(.actor)),
        ("reason", .text(.reason)), ("workflow", .text(.workflow)),
      ] + shared, eventTypes: types)
  }

  private static let shared: [(name: String, field: FilterField)] = [
    ("failure.kind", .failureKind), ("failure.code", .text(.failureCode)),
    ("failure.message", .text(.failureMessage)), ("progress.percent", .percent),
    ("progress.step", .text(.progressStep)),
  ]

  /// For messages, in the order in which people look for them.
  var names: String {
    let names = fields.map { $0.name == "labels" ? "labels.KEY" : $0.name }
    return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }

  static let comparatorNames = "= != < <= > >= :"
  static let labelKeyBytesMax = 63

  func field(_ path: [FilterText]) throws(FilterFault) -> FilterField {
    guard let first = path.first else { throw FilterFault(message: unknown(""), position: 0) }
    if first.text == "labels" { return try label(keys: path.dropFirst()) }
    let name = path.map(\.text).joined(separator: ".")
    if let found = fields.first(where: { $0.name == name }) { return found.field }
    if path.count > 1, fields.contains(where: { $0.name == first.text }) {
      throw FilterFault(
        message: "`\(first.text)` has no parts; only labels have keys: labels.KEY",
        position: path[1].position)
    }
    throw FilterFault(message: unknown(name), position: first.position)
  }

  private func label(keys: ArraySlice<FilterText>) throws(FilterFault) -> FilterField {
    guard let key = keys.first else { return .labels }
    if let second = keys.dropFirst().first {
      throw FilterFault(
        message: "a key with a dot is written in quotes: labels.\"a.b\"",
        position: second.position)
    }
    return .text(.label(key: try Self.checkedKey(key)))
  }

  static func checkedKey(_ key: FilterText) throws(FilterFault) -> String {
    guard (1...labelKeyBytesMax).contains(key.text.utf8.count) else {
      throw FilterFault(
        message: "the key of a label has 1 to \(labelKeyBytesMax) bytes", position: key.position)
    }
    return key.text
  }

  private func unknown(_ name: String) -> String {
    "no field is called `\(Self.shortened(name))`; use \(names)"
  }

  /// Enough of the caller's text to be recognised.
  static func shortened(_ text: String) -> String {
    text.count > 40 ? text.prefix(40) + "…" : text
  }
}
