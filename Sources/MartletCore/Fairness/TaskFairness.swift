/// For whom a task runs: tasks of one key share what their pool gives that key. Few tasks have it,
/// so it lives in a box of its own; never changed.
package final class TaskFairness: Hashable, Sendable {
  /// 0 to 255 bytes. Empty: the key of all tasks that name none.
  package let key: String
  /// 1 to 1,000: what the key's use counts by when it is this task's turn.
  package let weight: Int

  package init(key: String, weight: Int = 1) {
    self.key = key
    self.weight = weight
  }

  package static let keyBytesMax = 255
  package static let weights: ClosedRange<Int32> = 1...1_000

  /// What a task has that says nothing: one of many, so it is not kept.
  package var unlessPlain: TaskFairness? { key.isEmpty && weight == 1 ? nil : self }

  package static func == (a: TaskFairness, b: TaskFairness) -> Bool {
    a === b || a.key == b.key && a.weight == b.weight
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(key)
    hasher.combine(weight)
  }
}

/// How a pool orders the tasks of its keys. The raw values are those of the contract.
package enum FairnessMode: UInt8, Hashable, Sendable, CaseIterable {
  /// Of the highest priority that has a startable task, the key with the smallest share.
  case priorityFirst = 1
  /// The key with the smallest share, and of its tasks the one with the highest priority.
  case shareFirst = 2
  /// Keys mean nothing: who joined first.
  case off = 3
}
