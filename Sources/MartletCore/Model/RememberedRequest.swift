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
  /// Tasks that it submitted: ids are given one after another, but not without gaps.
  package var tasks: [TaskID]
  package var revision: Revision
  package var time: WallTime

  package init(
    key: Key, fingerprint: UInt64, tasks: [TaskID], revision: Revision, time: WallTime
  ) {
    self.key = key
    self.fingerprint = fingerprint
    self.tasks = tasks
    self.revision = revision
    self.time = time
  }
}
