/// One comparison that a filter makes. What is compared and is missing (a label, a time, a failure)
/// makes it false, but for `!=`, which is true then.
package enum FilterCondition: Hashable, Sendable {
  case text(FilterField.Text, TextTest)
  case time(FilterField.Time, FilterComparison, WallTime)
  case number(FilterField.Number, FilterComparison, Int64)
  case span(FilterField.Span, FilterComparison, Span)
  case percent(FilterComparison, Double)
  /// Equal or not equal only, as is the next.
  case state(FilterComparison, TaskState)
  case failureKind(FilterComparison, FailureKind)
  case id(FilterComparison, TaskID)
  /// `FIELD:*`: there is a value.
  case has(FilterField)
}

/// What filters look at: a task, a row of the index, an event. Everything that is not there is nil,
/// and so is an empty text but for that of a label.
package protocol FilterSubject {
  /// Never asked of a task for its pool or kind: `TaskPredicate` knows these by number.
  func text(_ field: FilterField.Text) -> String?
  func time(_ field: FilterField.Time) -> WallTime?
  func number(_ field: FilterField.Number) -> Int64?
  var state: TaskState? { get }
  var failureKind: FailureKind? { get }
  var percent: Double? { get }
  var taskID: TaskID? { get }
}

extension FilterCondition {
  /// - Parameter now: What spans that have not ended are measured to.
  package func holds(for subject: some FilterSubject, at now: WallTime) -> Bool {
    switch self {
    case .text(let field, let test): test.holds(subject.text(field))
    case .time(let field, let comparison, let value): comparison.holds(subject.time(field), value)
    case .number(let field, let comparison, let value):
      comparison.holds(subject.number(field), value)
    case .span(let field, let comparison, let value):
      comparison.holds(subject.span(field, at: now), value)
    case .percent(let comparison, let value): comparison.holds(subject.percent, value)
    case .state(let comparison, let value):
      (subject.state == value) == (comparison == .equal)
    case .failureKind(let comparison, let value):
      (subject.failureKind == value) == (comparison == .equal)
    case .id(let comparison, let value): comparison.holds(subject.taskID, value)
    case .has(let field): subject.has(field, at: now)
    }
  }
}

extension FilterSubject {
  fileprivate func has(_ field: FilterField, at now: WallTime) -> Bool {
    switch field {
    case .text(let field): text(field) != nil
    case .time(let field): time(field) != nil
    case .number(let field): number(field) != nil
    case .span(let field): span(field, at: now) != nil
    case .state: state != nil
    case .failureKind: failureKind != nil
    case .percent: percent != nil
    case .id: taskID != nil
    case .labels: false
    }
  }

  /// Never below zero: the feed's time may stand still while a clock is set back.
  fileprivate func span(_ field: FilterField.Span, at now: WallTime) -> Span? {
    let ends: (from: WallTime?, to: WallTime?) =
      switch field {
      case .age: (time(.createTime), now)
      case .runTime: (time(.startTime), time(.finishTime) ?? (state == .running ? now : nil))
      case .queueTime: (time(.dueTime), queueEnd(at: now))
      }
    guard let from = ends.from, let to = ends.to else { return nil }
    return max(to - from, .zero)
  }

  private func queueEnd(at now: WallTime) -> WallTime? {
    if state == .pending { return now }
    guard state == .running || state?.isTerminal == true else { return nil }
    guard let start = time(.startTime), let due = time(.dueTime), start >= due else {
      return time(.finishTime)
    }
    return start
  }
}
