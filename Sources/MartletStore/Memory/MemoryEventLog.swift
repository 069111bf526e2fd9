package import MartletCore
import Synchronization

/// A log that forgets everything with its process: the model that other logs are compared with,
/// and the log of a simulation, which tells it when to fail.
package final class MemoryEventLog: EventLog {
  /// What happens to the next append instead of success.
  package enum Fault: Hashable, Sendable, CaseIterable {
    /// The medium refuses: nothing is kept, the caller hears of it.
    case writeFails
    /// The process dies before the flush: nothing is kept.
    case crashesBeforeFlush
    /// The process dies after the flush: the segment is kept, though the caller never hears so.
    case crashesAfterFlush
  }

  fileprivate struct Contents {
    var segments: [StoredSegment] = []
    /// The first revision that was never trimmed.
    var oldest = Revision(1)
    var byteCount = 0
    var fault: Fault?
    /// Set by the first failure; from then on all calls fail with it.
    var failure: StoreFailure?

    var newest: Revision { segments.last?.lastRevision ?? Revision(oldest.rawValue - 1) }
  }

  private let contents = Mutex(Contents())

  package init() {}

  package func append(_ segment: StoredSegment) throws(StoreFailure) {
    try contents.withLock { (contents) throws(StoreFailure) in
      if let failure = contents.failure { throw failure }
      try segment.check(follows: contents.newest)
      let fault = contents.fault
      contents.fault = nil
      if fault == nil || fault == .crashesAfterFlush {
        contents.segments.append(segment)
        contents.byteCount += segment.bytes.count
      }
      if let fault {
        let failure = StoreFailure.writeFailed(file: Self.file, reason: "\(fault)")
        contents.failure = failure
        throw failure
      }
    }
  }

  package func bounds() throws(StoreFailure) -> LogBounds {
    try read { contents in
      LogBounds(
        oldest: contents.oldest, newest: contents.newest, byteCount: contents.byteCount)
    }
  }

  package func read(
    from revision: Revision, bytesMax: Int
  ) throws(StoreFailure) -> [StoredSegment] {
    try contents.withLock { (contents) throws(StoreFailure) in
      if let failure = contents.failure { throw failure }
      if revision < contents.oldest { throw .compacted(oldest: contents.oldest) }
      var found: [StoredSegment] = []
      var byteCount = 0
      for segment in contents.segments[contents.firstIndex { $0.lastRevision >= revision }...] {
        byteCount += segment.bytes.count
        if !found.isEmpty && byteCount > bytesMax { break }
        found.append(segment)
      }
      return found
    }
  }

  package func revision(atOrAfter time: WallTime) throws(StoreFailure) -> Revision? {
    try read { contents in
      let index = contents.firstIndex { $0.feedTime >= time }
      return index < contents.segments.count ? contents.segments[index].firstRevision : nil
    }
  }

  package func retention(
    olderThan time: WallTime, bytesMax: Int
  ) throws(StoreFailure) -> Revision {
    try read { contents in
      var rest = contents.byteCount
      for segment in contents.segments.dropLast() {
        if segment.feedTime >= time && rest <= bytesMax { return segment.firstRevision }
        rest -= segment.bytes.count
      }
      return contents.segments.last?.firstRevision ?? contents.oldest
    }
  }

  package func trim(before revision: Revision) throws(StoreFailure) -> Bool {
    try contents.withLock { (contents) throws(StoreFailure) in
      if let failure = contents.failure { throw failure }
      let newest = contents.segments.count - 1
      let kept = min(contents.firstIndex { $0.lastRevision >= revision }, newest)
      guard kept > 0 else { return true }
      contents.oldest = contents.segments[kept - 1].lastRevision.next
      contents.byteCount -= contents.segments[..<kept].reduce(0) { $0 + $1.bytes.count }
      contents.segments.removeFirst(kept)
      return true
    }
  }

  package func close() {}

  private func read<Value>(_ body: (Contents) -> Value) throws(StoreFailure) -> Value {
    let snapshot = try contents.withLock { (contents) throws(StoreFailure) in
      if let failure = contents.failure { throw failure }
      return contents
    }
    return body(snapshot)
  }

  fileprivate static let file = "memory log"
}

// MARK: - Simulation

extension MemoryEventLog {
  /// Has the next append fail in that way; nil takes it back.
  package func fail(nextAppend fault: Fault?) {
    contents.withLock { $0.fault = fault }
  }

  /// The log as the next process finds it: what was flushed, and no memory of failures.
  package func restart() {
    contents.withLock {
      $0.fault = nil
      $0.failure = nil
    }
  }
}

extension MemoryEventLog.Contents {
  /// The index of the first segment for which `holds`, if it holds for all behind that one too.
  fileprivate func firstIndex(where holds: (StoredSegment) -> Bool) -> Int {
    var low = 0
    var high = segments.count
    while low < high {
      let middle = (low + high) / 2
      if holds(segments[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension StoredSegment {
  /// Refuses a segment that would leave a gap or overlap in a log that ends at `newest`.
  package func check(follows newest: Revision) throws(StoreFailure) {
    guard firstRevision == newest.next else {
      throw .notConsecutive(expected: newest.next, got: firstRevision)
    }
    precondition(count >= 1, "a segment without events")
  }
}
