import CLinux
import Foundation
import Logging
import MartletCore
import MartletStore

/// What a node does beside its work: ends waits, watches the disk, purges what is too old.
enum Maintenance {
  private static let tick = Duration.milliseconds(100)
  /// Ticks between two looks at the disk: 5 s.
  private static let diskTicks = 50
  /// Ticks between two looks at the memory: 1 s.
  private static let memoryTicks = 10
  /// Ticks between two purges: 30 s.
  private static let purgeTicks = 300
  /// Ticks between two looks at what pools keep: 5 s.
  private static let retentionTicks = 50
  static let purgedTasksPerEvent = 1_000
  static let forgottenRowsPerSlice = 2_000

  static func run(_ node: () -> Node?) async {
    var ticks = 0
    var memory = MemoryTrim()
    while !Task.isCancelled {
      do { try await Task.sleep(for: tick) } catch { return }
      guard let node = node() else { return }
      node.feed.expireWaits()
      memory.tick(node)
      ticks += 1
      if ticks % memoryTicks == 1 { watchMemory(of: node) }
      if ticks % diskTicks == 1 { watchDisk(of: node) }
      if ticks % retentionTicks == 0 { await PoolRetention.purge(node) }
      if ticks % purgeTicks == 0 { await purge(node) }
    }
  }

  /// Gives memory that a burst of work needed back to the system, once after each burst, when
  /// nothing has happened for half a second and the index has caught up, whose backlog is most of
  /// it: the C library keeps it otherwise. A tick before, the index frees its pages, up to 32 MiB:
  /// they lie between what the backlog left, and would keep twice as much from going back.
  private struct MemoryTrim {
    private static let quietTicks = 5
    private var decided = Revision.zero
    private var applied = Revision.zero
    private var quiet = 0

    mutating func tick(_ node: Node) {
      let (decided, applied) = (node.durableRevision, node.indexWriter.applied)
      quiet = decided == self.decided && applied == self.applied ? quiet + 1 : 0
      (self.decided, self.applied) = (decided, applied)
      if quiet == Self.quietTicks - 1 { node.indexWriter.run { index in index.releaseMemory() } }
      if quiet == Self.quietTicks { malloc_trim(0) }
    }
  }

  // MARK: - Disk

  static func watchDisk(of node: Node) {
    guard let directory = node.directory, node.limits.diskReserveBytes > 0,
      let free = freeBytes(directory)
    else { return }
    let isLow = free < node.limits.diskReserveBytes
    node.setDiskIsLow(isLow, free: free)
  }

  private static func freeBytes(_ directory: String) -> Int? {
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: directory)
    return (attributes?[.systemFreeSize] as? NSNumber)?.intValue
  }

  // MARK: - Memory

  /// What was freed and the C library keeps counts until it is given back.
  static func watchMemory(of node: Node) {
    guard let bytes = node.residentBytes() else { return }
    let limit = node.limits.memoryBytes
    guard limit > 0, bytes > limit else { return node.setMemory(bytes: bytes) }
    malloc_trim(0)
    node.setMemory(bytes: node.residentBytes() ?? bytes)
  }

  // MARK: - Purge

  static func purge(_ node: Node) async {
    do throws(StoreFailure) {
      try await purgeTasks(node)
      try await purgeEvents(node)
      forgetStats(node)
    } catch {
      node.logger.error("a purge failed", metadata: ["reason": "\(error)"])
    }
  }

  private static func purgeTasks(_ node: Node) async throws(StoreFailure) {
    let age = Span.seconds(Int64(node.limits.keptTaskHours) * 3_600)
    var before = WallTime(nanoseconds: NodeClock.wall.nanoseconds - age.nanoseconds)
    let keep = node.limits.keptTasks
    let surplus = try await node.read(asOf: node.durableRevision, inBackground: true) {
      index throws(StoreFailure) in
      try index.finishTime(keepingNewest: keep)
    }
    if let surplus { before = max(before, surplus) }
    while try await purgeSlice(node, finishedBefore: before) {}
    let bytes = node.limits.keptTaskBytes
    while try await node.read(
      asOf: node.durableRevision,
      { index throws(StoreFailure) in
        try index.byteCount() > bytes
      })
    {
      guard try await purgeSlice(node, finishedBefore: NodeClock.wall) else { break }
    }
    let hours = Span.seconds(Int64(node.limits.requestMemoryHours) * 3_600)
    let forget = WallTime(nanoseconds: NodeClock.wall.nanoseconds - hours.nanoseconds)
    node.indexWriter.run { index throws(StoreFailure) in try index.forgetRequests(before: forget) }
  }

  /// Deletes the tasks that finished first. False if there are no more, or the node is stopping.
  private static func purgeSlice(
    _ node: Node, finishedBefore limit: WallTime
  ) async throws(StoreFailure) -> Bool {
    let asOf = node.durableRevision
    let rows = try await node.read(asOf: asOf, inBackground: true) { index throws(StoreFailure) in
      try index.finished(before: limit, limit: purgedTasksPerEvent)
    }
    let entries = rows.map {
      TasksPurged.Entry(
        task: $0.id, pool: $0.submission.pool, kind: $0.submission.kind, state: $0.status.state)
    }
    guard !entries.isEmpty, !Task.isCancelled,
      (try? await node.perform(.purgeTasks(rows: entries, asOf: asOf), on: nil)) != nil
    else { return false }
    return rows.count == purgedTasksPerEvent
  }

  /// A segment goes only after the index has applied it and the disk has what was applied.
  private static func purgeEvents(_ node: Node) async throws(StoreFailure) {
    let age = Span.seconds(Int64(node.limits.keptEventHours) * 3_600)
    let before = WallTime(nanoseconds: NodeClock.wall.nanoseconds - age.nanoseconds)
    let bytes = node.limits.keptEventBytes
    let log = node.log
    let oldest = try await node.onReader(inBackground: true) { () throws(StoreFailure) in
      (try log.bounds().oldest, try log.retention(olderThan: before, bytesMax: bytes))
    }
    guard oldest.1 > oldest.0 else { return }
    let synced = await checkpointed(node)
    let purgeable = min(oldest.1, synced.next)
    guard purgeable > oldest.0 else { return }
    guard (try? await node.perform(.purgeEvents(before: purgeable), on: nil)) != nil else { return }
    node.logWriter.trim(before: purgeable)
  }

  /// Rows of statistics that are too old go in slices, so that none of them holds up the index.
  private static func forgetStats(_ node: Node) {
    let now = NodeClock.wall
    for resolution in StatsResolution.allCases {
      let limit = StatsFold.second(of: now) - resolution.kept.nanoseconds / 1_000_000_000
      for part in StatsPart.allCases {
        forgetStats(part, resolution, before: limit / resolution.seconds, of: node.indexWriter)
      }
    }
  }

  private static func forgetStats(
    _ part: StatsPart, _ resolution: StatsResolution, before limit: Int64, of writer: IndexWriter
  ) {
    writer.run { [weak writer] index throws(StoreFailure) in
      // What is open stays: a start goes on from it.
      let open = try index.readStats { (reader) throws(StoreFailure) in
        try reader.newest(.gauges, resolution, before: .max)?.key.bucket
      }
      let count = try index.forgetStats(
        part, resolution, before: min(limit, open ?? limit), limit: forgottenRowsPerSlice)
      if count == forgottenRowsPerSlice, let writer {
        forgetStats(part, resolution, before: limit, of: writer)
      }
    }
  }

  /// Up to which revision the index is on the disk.
  private static func checkpointed(_ node: Node) async -> Revision {
    await withCheckedContinuation { continuation in
      node.indexWriter.run { index throws(StoreFailure) in
        do throws(StoreFailure) {
          continuation.resume(returning: try index.checkpoint())
        } catch {
          continuation.resume(returning: .zero)
          throw error
        }
      }
    }
  }
}
