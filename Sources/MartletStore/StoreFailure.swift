package import MartletCore

/// Why a store could not do what it was asked.
package enum StoreFailure: Error, Hashable, Sendable {
  /// The medium failed or is full. The store takes no more writes; the process must stop and
  /// recover from the log.
  case writeFailed(file: String, reason: String)
  case readFailed(file: String, reason: String)
  /// Bytes that were written once are not what was written.
  case corrupted(file: String, reason: String)
  /// Another process has the directory; `owner` says which, if it is known.
  case inUse(directory: String, owner: String)
  /// Written by a newer version of the software.
  case newerFormat(file: String, found: Int, known: Int)
  /// The revision asked for is no longer kept.
  case compacted(oldest: Revision)
  /// A segment that does not follow the newest one.
  case notConsecutive(expected: Revision, got: Revision)
}
