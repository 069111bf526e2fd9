package import MartletCore

/// A change of a pool as the index keeps it.
package struct PoolRevisionRow: Hashable, Sendable {
  package var pool: PoolID
  /// Of its event.
  package var revision: Revision
  /// Scaling made it: these are kept apart from those that somebody made.
  package var isByScaling: Bool
  /// What it was, as the server encodes it.
  package var bytes: [UInt8]

  package init(pool: PoolID, revision: Revision, isByScaling: Bool, bytes: [UInt8]) {
    self.pool = pool
    self.revision = revision
    self.isByScaling = isByScaling
    self.bytes = bytes
  }
}
