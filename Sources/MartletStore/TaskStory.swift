package import MartletCore

/// A turn of a task's life as the index keeps it.
package struct TurnRow: Hashable, Sendable {
  package var task: TaskID
  /// Of its event.
  package var revision: Revision
  /// What it was, as the server encodes it.
  package var bytes: [UInt8]

  package init(task: TaskID, revision: Revision, bytes: [UInt8]) {
    self.task = task
    self.revision = revision
    self.bytes = bytes
  }
}

/// What the index knows of a task's life: its row, and its turns in order.
package struct TaskStory: Hashable, Sendable {
  /// Without content.
  package var row: TaskRow
  package var turns: [TurnRow]
  /// Turns after the first that are no longer kept.
  package var omitted: Int64

  package init(row: TaskRow, turns: [TurnRow], omitted: Int64) {
    self.row = row
    self.turns = turns
    self.omitted = omitted
  }
}
