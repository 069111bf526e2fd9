/// From a task's id to its place in the slab: open addressing in shards, so that growth copies one
/// small table at a time and never stops a commit.
///
/// It keeps the hashes of ids only: the id itself lies at the place, where whoever asks goes next.
struct PlaceMap: Sendable {
  typealias Place = TaskTable.Place

  private static let shardCount = 256
  private var shards: ContiguousArray<Shard>
  private(set) var count = 0

  init() {
    shards = ContiguousArray(repeating: Shard(), count: Self.shardCount)
  }

  private static func shard(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 56) }

  /// In no order.
  var all: [Place] {
    var found: [Place] = []
    found.reserveCapacity(count)
    for shard in shards { shard.collect(into: &found) }
    return found
  }

  /// - Parameter isThere: Whether the id lies at that place: two ids may have the same hash.
  func find(_ id: TaskID, isThere: (Place) -> Bool) -> Place? {
    let hash = SeededRandom.mixed(id.rawValue)
    return shards[Self.shard(hash)].find(Shard.Tag(truncatingIfNeeded: hash), isThere)
  }

  /// The id must not be in the map.
  mutating func insert(_ id: TaskID, at place: Place) {
    let hash = SeededRandom.mixed(id.rawValue)
    shards[Self.shard(hash)].insert(
      Bucket(tag: Shard.Tag(truncatingIfNeeded: hash), place: place))
    count += 1
  }

  mutating func remove(_ id: TaskID, from place: Place) {
    let hash = SeededRandom.mixed(id.rawValue)
    let bucket = Bucket(tag: Shard.Tag(truncatingIfNeeded: hash), place: place)
    if shards[Self.shard(hash)].remove(bucket) { count -= 1 }
  }
}

extension PlaceMap {
  private struct Bucket: Equatable, Sendable {
    var tag: Shard.Tag = 0
    /// `nowhere` in an empty one.
    var place = TaskTable.nowhere

    var isEmpty: Bool { place == TaskTable.nowhere }
  }

  /// Linear probing.
  private struct Shard: Sendable {
    /// Of a hash the part that did not choose the shard.
    typealias Tag = UInt32

    private var buckets: ContiguousArray<Bucket> = []
    private var used = 0

    private var mask: Int { buckets.count - 1 }

    func find(_ tag: Tag, _ isThere: (Place) -> Bool) -> Place? {
      guard !buckets.isEmpty else { return nil }
      var index = Int(tag) & mask
      while !buckets[index].isEmpty {
        if buckets[index].tag == tag, isThere(buckets[index].place) { return buckets[index].place }
        index = (index + 1) & mask
      }
      return nil
    }

    func collect(into found: inout [Place]) {
      for bucket in buckets where !bucket.isEmpty { found.append(bucket.place) }
    }

    mutating func insert(_ bucket: Bucket) {
      if (used + 1) * 4 > buckets.count * 3 { grow() }
      var index = Int(bucket.tag) & mask
      while !buckets[index].isEmpty { index = (index + 1) & mask }
      buckets[index] = bucket
      used += 1
    }

    /// Closes the gap by moving back what was pushed over it.
    mutating func remove(_ bucket: Bucket) -> Bool {
      guard !buckets.isEmpty else { return false }
      var hole = Int(bucket.tag) & mask
      while buckets[hole] != bucket {
        if buckets[hole].isEmpty { return false }
        hole = (hole + 1) & mask
      }
      var next = (hole + 1) & mask
      while !buckets[next].isEmpty {
        let home = Int(buckets[next].tag) & mask
        if (next - home) & mask >= (next - hole) & mask {
          buckets[hole] = buckets[next]
          hole = next
        }
        next = (next + 1) & mask
      }
      buckets[hole] = Bucket()
      used -= 1
      return true
    }

    private mutating func grow() {
      let old = buckets
      buckets = ContiguousArray(repeating: Bucket(), count: max(8, old.count * 2))
      used = 0
      for bucket in old where !bucket.isEmpty { insert(bucket) }
    }
  }
}
