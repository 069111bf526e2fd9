package import MartletCore

/// A node about itself.
package struct NodeInfo: Sendable {
  package var startTime: WallTime
  package var now: Instant
  package var oldest: Revision
  package var newest: Revision
  package var lastFlush: Span
  package var indexLagEvents: Int
  var strain: NodeStrain
}

/// What keeps a node from taking new tasks.
struct NodeStrain: Sendable {
  var diskIsLow = false
  var memory: MemoryGuard

  var reasons: [ErrorReason] {
    var reasons: [ErrorReason] = []
    if memory.isTight { reasons.append(.memoryPressure) }
    if diskIsLow { reasons.append(.diskLow) }
    return reasons
  }
}

extension Node {
  /// `oldest` is the first event that is still kept.
  package func info() async throws(Refusal) -> NodeInfo {
    let seen = try await see(.catalog, on: nil)
    guard case .catalog(let catalog) = seen.value else { throw .stopping }
    return NodeInfo(
      startTime: startTime, now: clock.now, oldest: catalog.oldestEvent, newest: seen.revision,
      lastFlush: logWriter.lastFlush, indexLagEvents: indexWriter.lag.events, strain: strain)
  }
}
