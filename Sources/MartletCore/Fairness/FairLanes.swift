/// A ready queue by fairness key: a lane for each that has tasks in it, in the order of their
/// shares and in that of their ages.
struct FairLanes: Sendable {
  struct Lane: Sendable {
    var share: FairShares.Share
    var tasks = TaskLane()
  }

  /// Empty are those that are free.
  private(set) var lanes: ContiguousArray<Lane> = []
  private var free: [Int32] = []
  private var numbers: [FairShares.Share: Int32] = [:]
  private var byShare = LaneHeap()
  private var byAge = LaneHeap()
  private(set) var count = 0

  /// Takes over tasks that name no key.
  init(_ plain: TaskLane) {
    guard plain.list.count > 0 else { return }
    lanes.append(Lane(share: FairShares.plain, tasks: plain))
    numbers[FairShares.plain] = 0
    count = plain.list.count
    byShare.insert(0) { _, _ in false }
    byAge.insert(0) { _, _ in false }
  }

  subscript(share: FairShares.Share) -> TaskLane? {
    numbers[share].map { lanes[Int($0)].tasks }
  }

  /// All tasks, if none of them names a key.
  var plain: TaskLane? { numbers.count == 1 ? self[FairShares.plain] : nil }

  /// The head of the lane whose turn it is.
  var next: TaskTable.Place { head(byShare.first) }

  /// The task that joined first.
  var oldest: TaskTable.Place { head(byAge.first) }

  private func head(_ number: Int32?) -> TaskTable.Place {
    number.map { lanes[Int($0)].tasks.list.head } ?? TaskTable.nowhere
  }

  // MARK: - Changes

  mutating func append(
    _ place: TaskTable.Place, _ slots: inout TaskSlots, _ shares: FairShares
  ) {
    count += 1
    let share = shares.share(of: slots.claim(of: place))
    if let number = numbers[share] { return lanes[Int(number)].tasks.append(place, &slots) }
    open(share, place, &slots, shares)
  }

  mutating func reinsert(
    _ place: TaskTable.Place, _ slots: inout TaskSlots, _ shares: FairShares
  ) {
    count += 1
    let share = shares.share(of: slots.claim(of: place))
    guard let number = numbers[share] else { return open(share, place, &slots, shares) }
    lanes[Int(number)].tasks.reinsert(place, &slots)
    if lanes[Int(number)].tasks.list.head == place { update(number, slots, shares) }
  }

  mutating func remove(
    _ place: TaskTable.Place, _ slots: inout TaskSlots, _ shares: FairShares
  ) {
    guard let number = numbers[shares.share(of: slots.claim(of: place))] else { return }
    count -= 1
    let wasHead = lanes[Int(number)].tasks.list.head == place
    lanes[Int(number)].tasks.remove(place, &slots)
    if lanes[Int(number)].tasks.list.count > 0 {
      if wasHead { update(number, slots, shares) }
      return
    }
    let ranks = LaneRanks(lanes: lanes, slots: slots, shares: shares)
    byShare.remove(number, goesFirst: ranks.goesFirst)
    byAge.remove(number, goesFirst: ranks.isOlder)
    numbers[lanes[Int(number)].share] = nil
    lanes[Int(number)].tasks = TaskLane()
    free.append(number)
  }

  /// What the key uses has changed, or when it was served.
  mutating func follow(_ share: FairShares.Share, _ slots: TaskSlots, _ shares: FairShares) {
    guard let number = numbers[share] else { return }
    let ranks = LaneRanks(lanes: lanes, slots: slots, shares: shares)
    byShare.update(number, goesFirst: ranks.goesFirst)
  }

  /// Gives each lane its tasks in another order.
  mutating func replace(
    _ slots: inout TaskSlots, _ shares: FairShares,
    by sort: (inout TaskList, inout TaskSlots) -> Void
  ) {
    for number in lanes.indices where lanes[number].tasks.list.count > 0 {
      var list = lanes[number].tasks.list
      sort(&list, &slots)
      lanes[number].tasks.replace(list, slots)
    }
    let ranks = LaneRanks(lanes: lanes, slots: slots, shares: shares)
    byShare.rebuild(goesFirst: ranks.goesFirst)
    byAge.rebuild(goesFirst: ranks.isOlder)
  }

  private mutating func open(
    _ share: FairShares.Share, _ place: TaskTable.Place, _ slots: inout TaskSlots,
    _ shares: FairShares
  ) {
    let number = free.popLast() ?? Int32(lanes.count)
    if Int(number) == lanes.count { lanes.append(Lane(share: share)) }
    lanes[Int(number)] = Lane(share: share)
    lanes[Int(number)].tasks.append(place, &slots)
    numbers[share] = number
    let ranks = LaneRanks(lanes: lanes, slots: slots, shares: shares)
    byShare.insert(number, goesFirst: ranks.goesFirst)
    byAge.insert(number, goesFirst: ranks.isOlder)
  }

  private mutating func update(_ number: Int32, _ slots: TaskSlots, _ shares: FairShares) {
    let ranks = LaneRanks(lanes: lanes, slots: slots, shares: shares)
    byShare.update(number, goesFirst: ranks.goesFirst)
    byAge.update(number, goesFirst: ranks.isOlder)
  }
}

/// What lanes are compared by.
private struct LaneRanks {
  let lanes: ContiguousArray<FairLanes.Lane>
  let slots: TaskSlots
  let shares: FairShares

  func goesFirst(_ a: Int32, _ b: Int32) -> Bool {
    shares.goesFirst(claim(a), claim(b)) ?? isOlder(a, b)
  }

  func isOlder(_ a: Int32, _ b: Int32) -> Bool { joined(a) < joined(b) }

  private func claim(_ number: Int32) -> FairShares.Claim {
    slots.claim(of: lanes[Int(number)].tasks.list.head)
  }

  private func joined(_ number: Int32) -> Revision {
    slots[lanes[Int(number)].tasks.list.head].task.joined
  }
}
