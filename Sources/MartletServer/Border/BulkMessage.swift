import MartletAPI
import MartletCore

extension API.BulkOperation {
  init(_ record: BulkRecord) {
    self.init()
    id = record.id.description
    action = .init(record)
    filter = record.filter
    state = .init(rawValue: Int32(record.state.rawValue))
    total = record.total
    done = record.done
    failed = record.failed
    for (failure, count) in record.failures { failures[failure.name] = count }
    createTime = .init(record.createTime)
    finishTime = record.finishTime.map { .init($0) }
    actor = record.origin.actor
    reason = record.origin.reason
    ratePerSecond = Int32(clamping: record.rate)
    requestId = record.requestID
  }
}

extension API.BulkAction {
  init(_ record: BulkRecord) {
    self.init()
    switch record.action {
    case .cancel: action = .cancel(.init(reason: record.origin.reason))
    case .retry: action = .retry(.init())
    case .delete: action = .delete(.init())
    case .update(let priority, let due):
      action = .update(
        .init(priority: priority.map { Int32($0) }, dueTime: due.map { .init($0) }))
    case .move(_, let name): action = .move(.init(pool: name))
    }
  }
}
