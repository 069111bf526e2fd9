import Logging
import MartletCore
import MartletStore

/// Purges what pools keep no longer, by their own wish.
enum PoolRetention {
  private static let outcomes: [TaskState] = [.succeeded, .failed, .cancelled]

  static func purge(_ node: Node) async {
    guard let seen = try? await node.see(.catalog, on: nil), case .catalog(let catalog) = seen.value
    else { return }
    let pools = catalog.pools.values.filter { !$0.spec.retention.isEmpty && $0.state != .retired }
    do throws(StoreFailure) {
      for pool in pools.sorted(by: { $0.id < $1.id }) {
        for outcome in outcomes {
          let count = catalog.counters.states(pool: pool.id)[outcome]
          try await purge(pool, outcome, count: Int(clamping: count), asOf: seen.revision, node)
        }
      }
    } catch {
      node.logger.error(
        "a purge by the retention of a pool failed", metadata: ["reason": "\(error)"])
    }
  }

  /// In slices of as many tasks as one event may purge; other commands come in between.
  private static func purge(
    _ pool: PoolRecord, _ outcome: TaskState, count: Int, asOf revision: Revision, _ node: Node
  ) async throws(StoreFailure) {
    let bounds = pool.spec.retention[outcome]
    var left = count
    if let age = bounds.maxAge {
      let before = NodeClock.wall + Span(nanoseconds: -age.nanoseconds)
      left -= try await purge(
        pool.id, outcome, before: before, limit: .max, asOf: revision, node)
    }
    if let keep = bounds.maxCount, left > keep {
      _ = try await purge(
        pool.id, outcome, before: WallTime(nanoseconds: .max), limit: left - keep, asOf: revision,
        node)
    }
  }

  /// The first to end go first. Returns how many went.
  private static func purge(
    _ pool: PoolID, _ outcome: TaskState, before: WallTime, limit: Int, asOf revision: Revision,
    _ node: Node
  ) async throws(StoreFailure) -> Int {
    var purged = 0
    while purged < limit {
      let taken = try await purgeSlice(
        pool, outcome, before: before, limit: limit - purged, asOf: revision, node)
      if taken == 0 { break }
      purged += taken
    }
    return purged
  }

  /// How many were purged; 0 as well if the node is stopping.
  private static func purgeSlice(
    _ pool: PoolID, _ outcome: TaskState, before: WallTime, limit: Int, asOf revision: Revision,
    _ node: Node
  ) async throws(StoreFailure) -> Int {
    let asOf = max(revision, node.durableRevision)
    let slice = min(limit, Maintenance.purgedTasksPerEvent)
    let entries = try await node.read(asOf: asOf, inBackground: true) {
      index throws(StoreFailure) in
      try index.finished(in: pool, as: outcome, before: before, limit: slice)
    }
    guard !entries.isEmpty, !Task.isCancelled,
      (try? await node.perform(.purgeTasks(rows: entries, asOf: asOf), on: nil)) != nil
    else { return 0 }
    return entries.count
  }
}
