/// When a lease ends unless it is renewed.
struct Expiry: Sendable {
  var at: Elapsed
  var task: TaskID
  var epoch: UInt64

  func precedes(_ other: Expiry) -> Bool {
    (at, task.rawValue) < (other.at, other.task.rawValue)
  }
}

/// Expiries that come in the order in which they are due.
struct ExpiryLine: Sendable {
  private var entries: ContiguousArray<Expiry> = []
  private var removed = 0

  var first: Expiry? { removed < entries.count ? entries[removed] : nil }

  /// False if it is due before the last, and so does not belong here.
  mutating func append(_ expiry: Expiry) -> Bool {
    if let last = entries.last, expiry.at < last.at { return false }
    entries.append(expiry)
    return true
  }

  mutating func removeFirst() {
    removed += 1
    if removed == entries.count {
      entries.removeAll(keepingCapacity: removed < 4_096)
      removed = 0
    } else if removed > 1_024, removed * 2 > entries.count {
      entries.removeFirst(removed)
      removed = 0
    }
  }
}

/// A binary heap of expiries.
struct ExpiryHeap: Sendable {
  private var entries: ContiguousArray<Expiry> = []

  var first: Expiry? { entries.first }
  var count: Int { entries.count }

  mutating func push(_ expiry: Expiry) {
    entries.append(expiry)
    var index = entries.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard entries[index].precedes(entries[parent]) else { break }
      entries.swapAt(index, parent)
      index = parent
    }
  }

  mutating func removeFirst() {
    guard let last = entries.popLast(), !entries.isEmpty else { return }
    entries[0] = last
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < entries.count && entries[child].precedes(entries[least]) { least = child }
      guard least != index else { return }
      entries.swapAt(index, least)
      index = least
    }
  }
}
