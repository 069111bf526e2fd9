package import MartletCore
package import MartletStore
import Synchronization

/// The log in `log.db`. See docs/decisions/0002-log-and-index-in-sqlite.md for how a
/// segment becomes durable.
package final class SQLiteEventLog: EventLog {
  private let path: String
  private let writer: Mutex<LogWriter>
  private let readers: ReaderPool
  /// Let go by `close`, also if somebody still holds on to this object.
  private let lock: Mutex<DirectoryLock?>
  private let failure: FirstFailure
  /// Set after each write, by the writer.
  private let currentBounds: Mutex<LogBounds>

  init(directory: String, lock: DirectoryLock) throws(StoreFailure) {
    let failure = FirstFailure()
    let writer = try LogWriter(DatabaseFile.log.open(in: directory), failure)
    path = writer.path
    currentBounds = Mutex(try writer.bounds())
    readers = ReaderPool(path: writer.path) { _ in }
    self.failure = failure
    self.writer = Mutex(writer)
    self.lock = Mutex(lock)
  }

  package func append(_ segment: StoredSegment) throws(StoreFailure) {
    try segment.check(follows: bounds().newest)
    try write { (writer) throws(StoreFailure) in try writer.append(segment) }
  }

  package func trim(before revision: Revision) throws(StoreFailure) -> Bool {
    try write { (writer) throws(StoreFailure) in try writer.trimSlice(before: revision) }
  }

  package func bounds() throws(StoreFailure) -> LogBounds {
    try failure.check()
    return currentBounds.withLock { $0 }
  }

  package func read(
    from revision: Revision, bytesMax: Int
  ) throws(StoreFailure) -> [StoredSegment] {
    let bounds = try bounds()
    if revision > bounds.newest { return [] }
    if revision < bounds.oldest { throw .compacted(oldest: bounds.oldest) }
    let segments = try readers.read { (reader) throws(StoreFailure) in
      try reader.segments(from: revision, bytesMax: bytesMax)
    }
    guard let first = segments.first, first.firstRevision <= revision else {
      // Trimmed in the meantime, or lost.
      let oldest = try self.bounds().oldest
      if revision < oldest { throw .compacted(oldest: oldest) }
      throw .corrupted(file: path, reason: "the segment of revision \(revision.rawValue) is gone")
    }
    return segments
  }

  package func revision(atOrAfter time: WallTime) throws(StoreFailure) -> Revision? {
    try first { $0.feedTime >= time }?.firstRevision
  }

  package func retention(
    olderThan time: WallTime, bytesMax: Int
  ) throws(StoreFailure) -> Revision {
    let bounds = try bounds()
    let newest = try readers.read { (reader) throws(StoreFailure) in
      try reader.segment(startingAtOrBefore: bounds.newest)
    }
    guard let newest else { return bounds.oldest }
    let kept = try first { $0.feedTime >= time && newest.end - $0.start <= bytesMax }
    return (kept ?? newest).firstRevision
  }

  package func close() {
    readers.close()
    writer.withLock { $0.close() }
    lock.withLock { $0 = nil }
  }

  /// The first segment for which `holds`, if it holds for all behind that one too.
  private func first(
    where holds: (SegmentHeader) -> Bool
  ) throws(StoreFailure) -> SegmentHeader? {
    let bounds = try bounds()
    return try readers.read { (reader) throws(StoreFailure) in
      var found: SegmentHeader?
      var low = bounds.oldest.rawValue
      var high = bounds.newest.rawValue + 1
      while low < high {
        let middle = Revision(low + (high - low) / 2)
        guard let segment = try reader.segment(startingAtOrAfter: middle) else {
          high = middle.rawValue
          continue
        }
        if holds(segment) {
          found = segment
          high = middle.rawValue
        } else {
          low = segment.lastRevision.rawValue + 1
        }
      }
      return found
    }
  }

  private func write<Value>(
    _ body: (LogWriter) throws(StoreFailure) -> Value
  ) throws(StoreFailure) -> Value {
    try writer.withLock { (writer) throws(StoreFailure) in
      try failure.check()
      do throws(StoreFailure) {
        let value = try body(writer)
        let bounds = try writer.bounds()
        currentBounds.withLock { $0 = bounds }
        return value
      } catch {
        failure.note(error)
        throw error
      }
    }
  }
}
