import MartletCore
import MartletStore

extension Connection {
  /// The segments from the one that holds `revision` on: as many as fit, at least one. Empty if
  /// there is none that starts at or before it.
  func segments(
    from revision: Revision, bytesMax: Int
  ) throws(StoreFailure) -> [StoredSegment] {
    guard let first = try segment(startingAtOrBefore: revision) else { return [] }
    // Bytes that would not fit are not even read.
    let statement = try statement(
      """
      SELECT revision, count, elapsed, feed_time,
        CASE WHEN start + length(bytes) <= ?2 OR revision = ?1 THEN bytes END
      FROM segment WHERE revision >= ?1 ORDER BY revision
      """)
    defer { statement.reset() }
    statement.bind(1, Int64(bitPattern: first.firstRevision.rawValue))
    let (end, isBeyond) = first.start.addingReportingOverflow(max(0, bytesMax))
    statement.bind(2, isBeyond ? .max : Int64(end))
    var segments: [StoredSegment] = []
    var next = first.firstRevision
    while try statement.step() {
      if statement.isNull(4) { break }
      let segment = StoredSegment(
        firstRevision: Revision(UInt64(bitPattern: statement.int64(0))),
        count: Int(statement.int64(1)),
        elapsed: Elapsed(nanoseconds: statement.int64(2)),
        feedTime: WallTime(nanoseconds: statement.int64(3)), bytes: statement.bytes(4))
      guard segment.firstRevision == next, segment.count >= 1 else {
        throw .corrupted(file: path, reason: "no segment follows revision \(next.rawValue - 1)")
      }
      segments.append(segment)
      next = segment.lastRevision.next
    }
    return segments
  }
}
