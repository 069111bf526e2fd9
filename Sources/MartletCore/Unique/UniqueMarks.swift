/// Which live tasks have which marks: of the fold. A task without one costs nothing.
package struct UniqueMarks: Sendable {
  /// The first task of each mark; nearly always the only one.
  private var holders = ShardedMap<UniqueMark, TaskID>()
  /// The others: a task that runs need not count.
  private var others: [UniqueMark: [TaskID]] = [:]
  private var marks = ShardedMap<TaskID, UniqueMark>()

  init() {}

  var count: Int { marks.count }

  package func mark(of task: TaskID) -> UniqueMark? { marks.count == 0 ? nil : marks[task] }

  /// By rising id.
  package func tasks(of mark: UniqueMark) -> [TaskID] {
    guard let first = holders[mark] else { return [] }
    guard let more = others[mark] else { return [first] }
    return ([first] + more).sorted()
  }

  mutating func insert(_ task: TaskID, _ mark: UniqueMark) {
    marks[task] = mark
    if holders[mark] == nil {
      holders[mark] = task
    } else {
      others[mark, default: []].append(task)
    }
  }

  /// A task goes to another pool: its mark follows, where it is one of the pool.
  mutating func move(_ task: TaskID, from old: PoolID, to new: PoolID) {
    guard let mark = mark(of: task) else { return }
    remove(task)
    insert(task, mark.moved(from: old, to: new))
  }

  mutating func remove(_ task: TaskID) {
    guard let mark = mark(of: task) else { return }
    marks[task] = nil
    var more = others[mark] ?? []
    if holders[mark] == task {
      holders[mark] = more.popLast()
    } else {
      more.removeAll { $0 == task }
    }
    others[mark] = more.isEmpty ? nil : more
  }
}

/// What a `ShardedMap` has as keys: 8 bits say in which shard each is.
protocol ShardedKey: Hashable, Sendable {
  var shard: UInt8 { get }
}

extension UniqueMark: ShardedKey {
  var shard: UInt8 { UInt8(truncatingIfNeeded: high >> 56) }
}

extension TaskID: ShardedKey {
  var shard: UInt8 { UInt8(truncatingIfNeeded: SeededRandom.mixed(rawValue) >> 56) }
}

/// A dictionary in shards: growth copies one small table at a time and never stops a commit.
struct ShardedMap<Key: ShardedKey, Value: Sendable>: Sendable {
  /// None before the first value.
  private var shards: ContiguousArray<[Key: Value]> = []
  private(set) var count = 0

  init() {}

  subscript(key: Key) -> Value? {
    get { shards.isEmpty ? nil : shards[Int(key.shard)][key] }
    set {
      if shards.isEmpty {
        if newValue == nil { return }
        shards = ContiguousArray(repeating: [:], count: 256)
      }
      let shard = Int(key.shard)
      if let newValue {
        if shards[shard].updateValue(newValue, forKey: key) == nil { count += 1 }
      } else if shards[shard].removeValue(forKey: key) != nil {
        count -= 1
      }
    }
  }
}
