package import MartletCore

/// One commit: the events of all commands that were decided together, as the server encoded them.
package struct StoredSegment: Hashable, Sendable {
  package var firstRevision: Revision
  /// How many events, at least 1; their revisions follow one another.
  package var count: Int
  /// The engine's clock when they were decided.
  package var elapsed: Elapsed
  /// Never less than that of the segment before.
  package var feedTime: WallTime
  package var bytes: [UInt8]

  package init(
    firstRevision: Revision, count: Int, elapsed: Elapsed, feedTime: WallTime, bytes: [UInt8]
  ) {
    self.firstRevision = firstRevision
    self.count = count
    self.elapsed = elapsed
    self.feedTime = feedTime
    self.bytes = bytes
  }

  package var lastRevision: Revision { firstRevision.advanced(by: count - 1) }
}

/// Which segments a log holds.
package struct LogBounds: Hashable, Sendable {
  /// The first revision that is kept; the one after `newest` in an empty log.
  package var oldest: Revision
  /// The last durable revision; 0 in a log that never had any.
  package var newest: Revision
  /// Bytes of all kept segments.
  package var byteCount: Int

  package init(oldest: Revision, newest: Revision, byteCount: Int) {
    self.oldest = oldest
    self.newest = newest
    self.byteCount = byteCount
  }
}

/// The truth: segments in order, each durable before `append` returns.
///
/// One thread appends and trims; any number of threads read at the same time. All calls block.
package protocol EventLog: Sendable {
  /// Writes the segment and flushes it to the medium. It must start right after the newest
  /// revision. After a failure the log refuses everything: a flush is never tried again.
  func append(_ segment: StoredSegment) throws(StoreFailure)

  func bounds() throws(StoreFailure) -> LogBounds

  /// The segments from the one that holds `revision` on, in order: as many as fit into `bytesMax`,
  /// at least one. Empty if `revision` is beyond the newest; `.compacted` if it is below the
  /// oldest.
  func read(from revision: Revision, bytesMax: Int) throws(StoreFailure) -> [StoredSegment]

  /// The first revision of the first kept segment whose feed time is at or after `time`; nil if
  /// all are before it.
  func revision(atOrAfter time: WallTime) throws(StoreFailure) -> Revision?

  /// The first revision that may stay if segments older than `time` and all beyond the newest
  /// `bytesMax` go: what to pass to `trim`. Never cuts a segment in two; always keeps the newest.
  func retention(olderThan time: WallTime, bytesMax: Int) throws(StoreFailure) -> Revision

  /// Deletes segments that lie wholly before `revision`, oldest first, in slices so short that
  /// no append waits longer than about 5 ms. The newest segment always stays: it says where the
  /// log goes on. One call is one slice; true when nothing is left to delete.
  func trim(before revision: Revision) throws(StoreFailure) -> Bool

  func close()
}
