/// A call that waits for a time.
protocol DeadlineHolder: AnyObject {
  /// Its place in the heap; −1 when it is in none. Only the heap writes it.
  var deadlineIndex: Int { get set }
  /// The time has come; the holder has left the heap.
  func deadlinePassed()
}

/// Deadlines in a binary heap; each holder knows its place, so that finished calls leave at once.
struct DeadlineHeap {
  private struct Entry {
    var at: UInt64
    var holder: any DeadlineHolder
  }

  private var entries: ContiguousArray<Entry> = []

  var count: Int { entries.count }

  /// The nearest deadline, in nanoseconds.
  var earliest: UInt64? { entries.first?.at }

  mutating func insert(_ holder: any DeadlineHolder, at nanoseconds: UInt64) {
    guard holder.deadlineIndex < 0 else { return }
    holder.deadlineIndex = entries.count
    entries.append(Entry(at: nanoseconds, holder: holder))
    moveUp(from: entries.count - 1)
  }

  mutating func remove(_ holder: any DeadlineHolder) {
    let index = holder.deadlineIndex
    guard index >= 0, index < entries.count else { return }
    holder.deadlineIndex = -1
    let last = entries.removeLast()
    guard index < entries.count else { return }
    entries[index] = last
    last.holder.deadlineIndex = index
    moveUp(from: index)
    moveDown(from: last.holder.deadlineIndex)
  }

  /// Takes out every deadline up to `now`; the caller tells the holders.
  mutating func takeExpired(at now: UInt64) -> [any DeadlineHolder] {
    var due: [any DeadlineHolder] = []
    while let first = entries.first, first.at <= now {
      remove(first.holder)
      due.append(first.holder)
    }
    return due
  }

  private mutating func moveUp(from start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard entries[index].at < entries[parent].at else { return }
      exchange(index, parent)
      index = parent
    }
  }

  private mutating func moveDown(from start: Int) {
    var index = start
    while true {
      var smallest = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < entries.count && entries[child].at < entries[smallest].at {
        smallest = child
      }
      guard smallest != index else { return }
      exchange(index, smallest)
      index = smallest
    }
  }

  private mutating func exchange(_ one: Int, _ other: Int) {
    entries.swapAt(one, other)
    entries[one].holder.deadlineIndex = one
    entries[other].holder.deadlineIndex = other
  }
}
