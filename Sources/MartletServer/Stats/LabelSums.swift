import MartletCore
package import MartletStore

/// What finished tasks that are kept came to, by the values of a label.
package struct LabelSums: Sendable {
  package private(set) var groups: [String?: PairStats] = [:]
  package private(set) var count = 0

  private let key: String

  package init(key: String) { self.key = key }

  /// Of a task only its newest attempt is known: when it began, and when the task had been queued.
  package mutating func add(_ row: TaskRow) {
    guard let end = row.status.finishTime else { return }
    count += 1
    var stats = groups[row.submission.labels[key]] ?? PairStats()
    switch row.status.state {
    case .succeeded: stats.tally[.succeeded] += 1
    case .failed: stats.tally[.failed(row.failureKind ?? .handler)] += 1
    case .cancelled: stats.tally[.cancelled] += 1
    case .blocked, .scheduled, .pending, .running, .paused: break
    }
    if let start = row.status.startTime {
      stats.queueWait.record(start - row.status.dueTime)
      stats.runTime.record(end - start)
    }
    stats.totalTime.record(end - row.submission.createTime)
    groups[row.submission.labels[key]] = stats
  }
}
