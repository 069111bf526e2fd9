import MartletCore
import MartletStore

/// A row of the log without its bytes.
struct SegmentHeader {
  var firstRevision: Revision
  var count: Int
  var feedTime: WallTime
  /// Bytes of all segments ever written before this one.
  var start: Int
  var byteCount: Int

  var lastRevision: Revision { firstRevision.advanced(by: count - 1) }
  var end: Int { start + byteCount }

  static let columns = "revision, count, feed_time, start, length(bytes)"

  /// Reads the current row of a query of `columns`.
  init(_ statement: Statement, path: String) throws(StoreFailure) {
    firstRevision = Revision(UInt64(bitPattern: statement.int64(0)))
    count = Int(statement.int64(1))
    feedTime = WallTime(nanoseconds: statement.int64(2))
    start = Int(statement.int64(3))
    byteCount = Int(statement.int64(4))
    guard count >= 1, start >= 0, firstRevision > .zero else {
      throw .corrupted(file: path, reason: "segment \(firstRevision.rawValue) is not a segment")
    }
  }
}

extension Connection {
  /// The first segment that starts at or after `revision`.
  func segment(startingAtOrAfter revision: Revision) throws(StoreFailure) -> SegmentHeader? {
    try segment("WHERE revision >= ?1 ORDER BY revision LIMIT 1", revision)
  }

  /// The segment that holds `revision`, or else the last one before it.
  func segment(startingAtOrBefore revision: Revision) throws(StoreFailure) -> SegmentHeader? {
    try segment("WHERE revision <= ?1 ORDER BY revision DESC LIMIT 1", revision)
  }

  private func segment(
    _ condition: String, _ revision: Revision
  ) throws(StoreFailure) -> SegmentHeader? {
    let statement = try statement(
      "SELECT \(SegmentHeader.columns) FROM segment \(condition)")
    defer { statement.reset() }
    statement.bind(1, Int64(clamping: revision.rawValue))
    return try statement.step() ? SegmentHeader(statement, path: path) : nil
  }
}
