/// Numbers in a binary heap that knows where each is, so that one whose rank has changed finds its
/// place again in logarithmic time. Which goes first is told by whoever asks, and must be said for
/// each change of a rank.
struct LaneHeap: Sendable {
  private var order: ContiguousArray<Int32> = []
  /// By number; -1 of one that is not in.
  private var positions: ContiguousArray<Int32> = []

  var first: Int32? { order.first }

  mutating func insert(_ lane: Int32, goesFirst: (Int32, Int32) -> Bool) {
    while positions.count <= Int(lane) { positions.append(-1) }
    positions[Int(lane)] = Int32(order.count)
    order.append(lane)
    rise(order.count - 1, goesFirst)
  }

  mutating func remove(_ lane: Int32, goesFirst: (Int32, Int32) -> Bool) {
    let position = Int(positions[Int(lane)])
    positions[Int(lane)] = -1
    guard let last = order.popLast(), last != lane else { return }
    put(last, at: position)
    sink(rise(position, goesFirst), goesFirst)
  }

  /// The rank of one has changed.
  mutating func update(_ lane: Int32, goesFirst: (Int32, Int32) -> Bool) {
    sink(rise(Int(positions[Int(lane)]), goesFirst), goesFirst)
  }

  /// All ranks may have changed.
  mutating func rebuild(goesFirst: (Int32, Int32) -> Bool) {
    for position in stride(from: order.count / 2 - 1, through: 0, by: -1) {
      sink(position, goesFirst)
    }
  }

  private mutating func put(_ lane: Int32, at position: Int) {
    order[position] = lane
    positions[Int(lane)] = Int32(position)
  }

  @discardableResult
  private mutating func rise(_ start: Int, _ goesFirst: (Int32, Int32) -> Bool) -> Int {
    let lane = order[start]
    var position = start
    while position > 0 {
      let parent = (position - 1) / 2
      guard goesFirst(lane, order[parent]) else { break }
      put(order[parent], at: position)
      position = parent
    }
    put(lane, at: position)
    return position
  }

  private mutating func sink(_ start: Int, _ goesFirst: (Int32, Int32) -> Bool) {
    let lane = order[start]
    var position = start
    while true {
      var child = 2 * position + 1
      guard child < order.count else { break }
      if child + 1 < order.count, goesFirst(order[child + 1], order[child]) { child += 1 }
      guard goesFirst(order[child], lane) else { break }
      put(order[child], at: position)
      position = child
    }
    put(lane, at: position)
  }
}
