import MartletCore

// How leases and workers are named on the wire: opaque to callers.

extension Lease: CustomStringConvertible {
  /// The task, the attempt and the epoch: `01jx….2.6b9a`.
  package var description: String {
    "\(task).\(attempt).\(String(epoch, radix: 36))"
  }

  /// nil if the text is not one that `description` writes.
  package init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
    guard text.utf8.count <= 48, parts.count == 3, let task = TaskID(parts[0]),
      let attempt = UInt32(parts[1]), attempt > 0, let epoch = UInt64(parts[2], radix: 36)
    else { return nil }
    self.init(task: task, attempt: attempt, epoch: epoch)
    guard description == text else { return nil }
  }
}

extension WorkerID: CustomStringConvertible {
  package var description: String { "w" + String(rawValue, radix: 36) }

  /// nil if the text is not one that `description` writes.
  package init?(_ text: String) {
    guard text.utf8.count <= 14, text.hasPrefix("w"),
      let number = UInt64(text.dropFirst(), radix: 36)
    else { return nil }
    self.init(rawValue: number)
    guard description == text else { return nil }
  }
}
