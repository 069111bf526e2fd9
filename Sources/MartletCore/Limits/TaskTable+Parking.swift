extension PoolQueues {
  /// Into the list of its line, to where it belongs: mostly the tail.
  mutating func park(_ place: TaskTable.Place, _ slots: inout TaskSlots) {
    let line = slots.line(of: place)
    var list = parked[line] ?? TaskList()
    if list.tail == TaskTable.nowhere
      || slots[list.tail].task.joined <= slots[place].task.joined
    {
      slots.append(place, to: &list)
    } else {
      slots.reinsert(place, into: &list)
    }
    parked[line] = list
    parkedCount += 1
  }

  mutating func unpark(_ place: TaskTable.Place, _ slots: inout TaskSlots) {
    let line = slots.line(of: place)
    guard var list = parked[line] else { return }
    slots.remove(place, from: &list)
    parked[line] = list.count == 0 ? nil : list
    parkedCount -= 1
  }
}

extension TaskTable {
  /// Takes a PENDING task out of the ready queues, or puts it back to where it was.
  mutating func setParked(_ line: Int32?, _ id: TaskID) {
    guard let place = place(of: id), self[place].task.state == .pending, !self[place].isOffered,
      slots.line(of: place) != line ?? -1
    else { return }
    unlink(place)
    slots.setLine(line ?? -1, of: place)
    let pool = self[place].task.pool
    let selector = policies[self[place].task.policy].selector
    Self.link(
      place, in: &queues[pool, default: PoolQueues()], &slots, selector: selector,
      atItsPlace: true)
  }

  /// Puts back so many of those that wait in a line, who has waited longest first.
  mutating func callUp(_ count: Int, of line: Int32, in pool: PoolID) -> Int {
    var called = 0
    while called < count, let list = queues[pool]?.parked[line] {
      setParked(nil, self[list.head].task.id)
      called += 1
    }
    return called
  }

  func parkedCount(in pool: PoolID, _ line: Int32) -> Int {
    queues[pool]?.parked[line]?.count ?? 0
  }

  func parkedCount(in pool: PoolID) -> Int { queues[pool]?.parkedCount ?? 0 }

  /// The line that a PENDING task waits in, and how many of its pool go before it there, counted no
  /// further than `limit`.
  func parking(of id: TaskID, limit: Int) -> (line: Int32, ahead: Int, isExact: Bool)? {
    guard let place = place(of: id), slots.line(of: place) >= 0 else { return nil }
    var ahead = 0
    var previous = self[place].previous
    while previous != Self.nowhere, ahead < limit {
      ahead += 1
      previous = self[previous].previous
    }
    return (slots.line(of: place), ahead, previous == Self.nowhere)
  }

  /// Lines that tasks of the pool wait in, the longest first.
  func parkedLines(in pool: PoolID, limit: Int) -> [(line: Int32, tasks: Int)] {
    (queues[pool]?.parked ?? [:]).map { ($0.key, $0.value.count) }
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(limit).map { ($0.0, $0.1) }
  }
}
