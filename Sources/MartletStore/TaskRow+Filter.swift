package import MartletCore

/// Rows answer filters. What lies in the encoded status is found there by its place (`NoteField`).
extension TaskRow: FilteredTask {
  package var poolID: PoolID { submission.pool }
  package var kindID: KindID { submission.kind }
  package var taskID: TaskID? { id }
  package var state: TaskState? { status.state }

  package var failureKind: FailureKind? {
    NoteField.failureKind.number(in: status.status).flatMap(UInt8.init(exactly:))
      .flatMap(FailureKind.init(rawValue:))
  }

  package var percent: Double? { NoteField.percent.double(in: status.status) }

  package func text(_ field: FilterField.Text) -> String? {
    if case .label(let key) = field { return submission.labels[key] }
    if field == .workflow { return submission.workflow?.description }
    if field == .fairnessKey { return NoteField.fairnessKey.text(in: submission.policy) }
    return NoteField(field)?.text(in: status.status)
  }

  package func time(_ field: FilterField.Time) -> WallTime? {
    switch field {
    case .createTime: submission.createTime
    case .dueTime: status.dueTime
    case .startTime: status.startTime
    case .finishTime: status.finishTime
    case .time: nil
    }
  }

  package func number(_ field: FilterField.Number) -> Int64? {
    switch field {
    case .priority: Int64(submission.priority)
    case .attempt: Int64(status.attempt)
    }
  }
}

extension TaskRow {
  /// What the row counts against `TaskQuery.bytesMax`: its variable parts and 100 for the rest.
  package var byteCount: Int {
    var sum = 100 + submission.policy.count + submission.spec.count + submission.payload.count
    sum += status.status.count + (status.result?.count ?? 0)
    for label in submission.labels.labels { sum += label.key.utf8.count + label.value.utf8.count }
    return sum
  }

  /// The row as it comes without payload and result.
  package var withoutContent: TaskRow {
    var row = self
    row.submission.payload = []
    row.status.result = nil
    return row
  }

  package func position(in order: TaskQuery.Order) -> TaskQuery.Position {
    .init(finishTime: order.isByFinishTime ? status.finishTime : nil, id: id)
  }
}
