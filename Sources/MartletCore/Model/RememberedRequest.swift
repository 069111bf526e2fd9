/// A request whose repetition gets the first answer.
package struct RememberedRequest: Hashable, Sendable {
  /// 128 bits of a hash of the client's request id.
  package struct Key: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
      self.high = high
      self.low = low
    }
  }

  package var key: Key
  /// Hash of the request's body: another body under the same id is refused.
  package var fingerprint: UInt64
  /// Its answer, in order: ids are given one after another, but not without gaps.
  package var tasks: [AnsweredTask]
  package var revision: Revision
  package var time: WallTime

  package init(
    key: Key, fingerprint: UInt64, tasks: [AnsweredTask], revision: Revision, time: WallTime
  ) {
    self.key = key
    self.fingerprint = fingerprint
    self.tasks = tasks
    self.revision = revision
    self.time = time
  }
}

/// A task as the answer to a request names it.
package struct AnsweredTask: Hashable, Sendable {
  package var task: TaskID
  /// It was there before the request.
  package var existed: Bool

  package init(_ task: TaskID, existed: Bool = false) {
    self.task = task
    self.existed = existed
  }

  /// Task ids have 63 bits: the last one is free.
  package init(rawValue: UInt64) {
    self.init(TaskID(rawValue: rawValue & ~(1 << 63)), existed: rawValue >> 63 == 1)
  }

  package var rawValue: UInt64 { task.rawValue | (existed ? 1 << 63 : 0) }
}
