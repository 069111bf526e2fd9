import MartletAPI
import MartletCore

// Operations on many tasks in the form that the log and the engine table keep.

extension LogAPI.BulkFact {
  init(_ record: BulkRecord) {
    self.init(
      id: record.id.rawValue, filter: record.filter, rate: Int64(record.rate),
      origin: .init(record.origin), requestId: record.requestID,
      fingerprint: record.fingerprint, state: UInt32(record.state.rawValue),
      total: record.total, done: record.done, failed: record.failed,
      failures: record.failures.sorted { $0.key.rawValue < $1.key.rawValue }
        .map { .init(reason: UInt32($0.key.rawValue), count: $0.value) },
      last: record.last.rawValue, through: record.through.rawValue,
      createTime: record.createTime.nanoseconds,
      finishTime: record.finishTime?.nanoseconds ?? 0)
    switch record.action {
    case .cancel: action = 1
    case .retry: action = 2
    case .delete: action = 3
    case .update(let newPriority, let due):
      action = 4
      priority = newPriority.map { UInt32($0) }
      dueTime = due?.nanoseconds
    case .move(let target, let name):
      action = 5
      pool = target.rawValue
      poolName = name
    }
  }

  /// nil if it makes no sense: the store is damaged.
  var value: BulkRecord? {
    guard let action = actionValue, let origin = origin?.value,
      let state = UInt8(exactly: state).flatMap(BulkRecord.State.init(rawValue:))
    else { return nil }
    var record = BulkRecord(
      id: BulkID(rawValue: id), action: action, filter: filter, rate: Int(rate),
      origin: origin, requestID: requestId, fingerprint: fingerprint, state: state,
      total: total, last: TaskID(rawValue: last),
      createTime: WallTime(nanoseconds: createTime))
    record.done = done
    record.failed = failed
    for failure in failures {
      guard let reason = UInt8(exactly: failure.reason).flatMap(BulkFailure.init(rawValue:)) else {
        return nil
      }
      record.failures[reason] = failure.count
    }
    record.through = TaskID(rawValue: through)
    record.finishTime = WallTime(unlessZero: finishTime)
    return record
  }

  private var actionValue: BulkAction? {
    switch action {
    case 1: .cancel
    case 2: .retry
    case 3: .delete
    case 4:
      .update(
        priority: priority.map { UInt8(truncatingIfNeeded: $0) },
        due: dueTime.map(WallTime.init(nanoseconds:)))
    case 5: .move(pool: PoolID(rawValue: pool), name: poolName)
    default: nil
    }
  }
}

extension LogAPI.BulkEventRecord {
  init(_ event: BulkEvent) {
    self.init(
      change: UInt32(event.change.rawValue), operation: .init(event.record),
      origin: .init(event.origin), forgotten: event.forgotten.map(\.rawValue))
  }

  var value: BulkEvent? {
    guard let change = UInt8(exactly: change).flatMap(BulkEvent.Change.init(rawValue:)),
      let record = operation?.value
    else { return nil }
    return BulkEvent(
      change: change, record: record, origin: origin?.value ?? .server,
      forgotten: forgotten.map(BulkID.init(rawValue:)))
  }
}
