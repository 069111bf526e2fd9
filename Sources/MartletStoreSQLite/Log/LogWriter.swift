import MartletCore
import MartletStore

/// The connection that writes the log, used by one thread at a time.
final class LogWriter {
  private let connection: Connection
  private let insert: Statement
  private let delete: Statement
  private let checkpoints: BackgroundCheckpoints
  /// The ends of the log, which only this writer moves; nil while it never had a segment.
  private var ends: (oldest: SegmentHeader, newest: SegmentHeader)?

  /// Pages of the WAL that move to the database together: 2 MB.
  private static let pieceFrames: Int32 = 500
  /// Pages in the WAL from which it is to start anew: 10 MB.
  private static let framesMax: Int32 = 2500
  /// What the WAL grows to meanwhile.
  private static let walBytes = 16 << 20
  /// How long a slice of a trim may delete before it commits.
  private static let trimSlice = Duration.milliseconds(2)

  var path: String { connection.path }

  init(_ connection: Connection, _ failure: FirstFailure) throws(StoreFailure) {
    self.connection = connection
    try connection.execute("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0")
    connection.keepWriteAheadLog()
    // The WAL is there after the first access.
    _ = try connection.number("SELECT count(*) FROM sqlite_schema")
    try WriteAheadLog(of: connection.path).preallocate(byteCount: Self.walBytes)
    checkpoints = try BackgroundCheckpoints(
      of: connection, pieceFrames: Self.pieceFrames, framesMax: Self.framesMax, failure)
    insert = try connection.prepare(
      """
      INSERT INTO segment (revision, count, elapsed, feed_time, start, bytes)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6)
      """)
    delete = try connection.prepare("DELETE FROM segment WHERE revision = ?1")
    if let oldest = try connection.segment(startingAtOrAfter: .zero),
      let newest = try connection.segment(startingAtOrBefore: Revision(.max))
    {
      ends = (oldest, newest)
    }
  }

  /// Waits for a checkpoint that is under way.
  func close() { checkpoints.close() }

  func bounds() throws(StoreFailure) -> LogBounds {
    guard let ends else { return LogBounds(oldest: Revision(1), newest: .zero, byteCount: 0) }
    let byteCount = ends.newest.end - ends.oldest.start
    guard ends.oldest.firstRevision <= ends.newest.firstRevision, byteCount >= 0 else {
      throw .corrupted(file: path, reason: "the newest segment comes before the oldest")
    }
    return LogBounds(
      oldest: ends.oldest.firstRevision, newest: ends.newest.lastRevision, byteCount: byteCount)
  }

  /// Durable when it returns.
  func append(_ segment: StoredSegment) throws(StoreFailure) {
    let start = ends?.newest.end ?? 0
    insert.bind(1, Int64(bitPattern: segment.firstRevision.rawValue))
    insert.bind(2, Int64(segment.count))
    insert.bind(3, segment.elapsed.nanoseconds)
    insert.bind(4, segment.feedTime.nanoseconds)
    insert.bind(5, Int64(start))
    try segment.bytes.withUnsafeBufferPointer { (bytes) throws(StoreFailure) in
      insert.bind(6, borrowed: UnsafeRawBufferPointer(bytes))
      try insert.run()
    }
    let header = SegmentHeader(segment, start: start)
    ends = (ends?.oldest ?? header, header)
    try checkpoints.afterCommit()
  }

  /// Deletes for a moment, the oldest first. True when nothing is left to delete.
  func trimSlice(before revision: Revision) throws(StoreFailure) -> Bool {
    guard var ends else { return true }
    let isDone = try connection.transaction { () throws(StoreFailure) in
      let started = ContinuousClock.now
      while ends.oldest.lastRevision < revision,
        ends.oldest.firstRevision < ends.newest.firstRevision
      {
        if started.duration(to: .now) > Self.trimSlice { return false }
        delete.bind(1, Int64(bitPattern: ends.oldest.firstRevision.rawValue))
        try delete.run()
        let next = ends.oldest.lastRevision.next
        guard let oldest = try connection.segment(startingAtOrAfter: next),
          oldest.firstRevision == next
        else {
          throw .corrupted(file: path, reason: "the segment of revision \(next.rawValue) is gone")
        }
        ends.oldest = oldest
      }
      return true
    }
    self.ends = ends
    try checkpoints.afterCommit()
    return isDone
  }
}

extension SegmentHeader {
  init(_ segment: StoredSegment, start: Int) {
    firstRevision = segment.firstRevision
    count = segment.count
    feedTime = segment.feedTime
    self.start = start
    byteCount = segment.bytes.count
  }
}
