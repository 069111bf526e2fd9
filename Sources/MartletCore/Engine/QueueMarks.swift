/// Counts a long queue's tasks in blocks of neighbours, so that a place in it is found by adding up
/// blocks and walking one of them, not from the queue's head.
struct QueueMarks: Sendable {
  /// A shorter queue is walked, and has no marks.
  static let queueTasks = 512
  /// Tasks that join a block at its end.
  private static let blockTasks: Int32 = 256

  /// Never empty.
  private struct Block: Sendable {
    /// None of its tasks joined the queue before it, and all of the block before did.
    var first: Revision
    /// Its first task.
    var head: TaskTable.Place
    var count: Int32 = 1
    var joined: Int32 = 1
  }

  private var blocks: ContiguousArray<Block> = []
  /// Those before it are gone.
  private var start = 0

  /// A task has become the queue's last.
  mutating func append(_ place: TaskTable.Place, _ revision: Revision) {
    let last = blocks.count - 1
    if last >= start, blocks[last].joined < Self.blockTasks {
      blocks[last].count += 1
      blocks[last].joined += 1
    } else {
      blocks.append(Block(first: revision, head: place))
    }
  }

  /// A task has come back to where it was, in front of `next`.
  mutating func insert(
    _ place: TaskTable.Place, _ revision: Revision, before next: TaskTable.Place
  ) {
    if blocks.count == start { return append(place, revision) }
    let index = index(of: revision)
    blocks[index].first = min(blocks[index].first, revision)
    blocks[index].count += 1
    if blocks[index].head == next { blocks[index].head = place }
  }

  /// A task has left the queue, from in front of `next`.
  mutating func remove(
    _ place: TaskTable.Place, _ revision: Revision, before next: TaskTable.Place
  ) {
    let index = index(of: revision)
    blocks[index].count -= 1
    if blocks[index].head == place { blocks[index].head = next }
    guard blocks[index].count == 0 else { return }
    if index > start {
      blocks.remove(at: index)
      return
    }
    start += 1
    if start > 1_024, start * 2 > blocks.count {
      blocks.removeFirst(start)
      start = 0
    }
  }

  /// How many tasks are in front of the block that a task of that revision is in, and the block's
  /// first task.
  func block(of revision: Revision) -> (before: Int, head: TaskTable.Place) {
    guard blocks.count > start else { return (0, TaskTable.nowhere) }
    let index = index(of: revision)
    return (blocks[start..<index].reduce(0) { $0 + Int($1.count) }, blocks[index].head)
  }

  /// The last block that does not begin after the revision; most often the first is asked for.
  private func index(of revision: Revision) -> Int {
    if start + 1 >= blocks.count || blocks[start + 1].first > revision { return start }
    var low = start + 1
    var high = blocks.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if blocks[middle].first <= revision { low = middle } else { high = middle }
    }
    return low
  }
}
