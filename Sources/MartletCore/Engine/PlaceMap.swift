/// From a task's id to its place in the slab: open addressing in shards, so that growth copies one
/// small table at a time and never stops a commit.
struct PlaceMap: Sendable {
  private static let shardCount = 256
  private var shards: ContiguousArray<Shard>
  private(set) var count = 0

  init() {
    shards = ContiguousArray(repeating: Shard(), count: Self.shardCount)
  }

  private static func shard(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 56) }

  subscript(id: TaskID) -> TaskTable.Place? {
    let hash = SeededRandom.mixed(id.rawValue)
    return shards[Self.shard(hash)].find(id.rawValue, hash: hash)
  }

  /// In no order.
  var ids: [TaskID] {
    var found: [TaskID] = []
    found.reserveCapacity(count)
    for shard in shards {
      for id in shard.ids where id != 0 { found.append(TaskID(rawValue: id)) }
    }
    return found
  }

  /// The id must not be in the map.
  mutating func insert(_ id: TaskID, at place: TaskTable.Place) {
    let hash = SeededRandom.mixed(id.rawValue)
    shards[Self.shard(hash)].insert(id.rawValue, hash: hash, place: place)
    count += 1
  }

  mutating func remove(_ id: TaskID) {
    let hash = SeededRandom.mixed(id.rawValue)
    if shards[Self.shard(hash)].remove(id.rawValue, hash: hash) { count -= 1 }
  }
}

extension PlaceMap {
  /// Linear probing; an id of 0 marks an empty bucket, since no task has it.
  private struct Shard: Sendable {
    var ids: ContiguousArray<UInt64> = []
    var places: ContiguousArray<TaskTable.Place> = []
    var used = 0

    func find(_ id: UInt64, hash: UInt64) -> TaskTable.Place? {
      guard !ids.isEmpty else { return nil }
      let mask = ids.count - 1
      var bucket = Int(truncatingIfNeeded: hash) & mask
      while ids[bucket] != 0 {
        if ids[bucket] == id { return places[bucket] }
        bucket = (bucket + 1) & mask
      }
      return nil
    }

    mutating func insert(_ id: UInt64, hash: UInt64, place: TaskTable.Place) {
      if (used + 1) * 4 > ids.count * 3 { grow() }
      let mask = ids.count - 1
      var bucket = Int(truncatingIfNeeded: hash) & mask
      while ids[bucket] != 0 { bucket = (bucket + 1) & mask }
      ids[bucket] = id
      places[bucket] = place
      used += 1
    }

    /// Closes the gap by moving back what was pushed over it.
    mutating func remove(_ id: UInt64, hash: UInt64) -> Bool {
      guard !ids.isEmpty else { return false }
      let mask = ids.count - 1
      var hole = Int(truncatingIfNeeded: hash) & mask
      while ids[hole] != id {
        if ids[hole] == 0 { return false }
        hole = (hole + 1) & mask
      }
      var next = (hole + 1) & mask
      while ids[next] != 0 {
        let home = Int(truncatingIfNeeded: SeededRandom.mixed(ids[next])) & mask
        if (next - home) & mask >= (next - hole) & mask {
          ids[hole] = ids[next]
          places[hole] = places[next]
          hole = next
        }
        next = (next + 1) & mask
      }
      ids[hole] = 0
      used -= 1
      return true
    }

    private mutating func grow() {
      let (oldIDs, oldPlaces) = (ids, places)
      let size = max(8, ids.count * 2)
      ids = ContiguousArray(repeating: 0, count: size)
      places = ContiguousArray(repeating: TaskTable.nowhere, count: size)
      used = 0
      for (id, place) in zip(oldIDs, oldPlaces) where id != 0 {
        insert(id, hash: SeededRandom.mixed(id), place: place)
      }
    }
  }
}
