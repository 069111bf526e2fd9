extension TaskTable {
  /// Queues that a look visits: one of many thousand kinds must not hold up the engine.
  private static let queuesMax = 4_096

  /// How many tasks of its pool go before a PENDING one that has not been offered, by the order in
  /// which `nextReady` takes them; nil for any other task.
  ///
  /// - Parameter isServed: Whether anybody takes tasks of that kind and selector: those that nobody
  ///   takes go before none. nil: it would take too long to find out.
  /// - Parameter ages: Waiting tasks rise: what is certain then is who is before it in its queue.
  func position(
    of id: TaskID, ages: Bool = false, isServed: (KindID, LabelSet) -> Bool?
  ) -> QueuePosition? {
    guard let place = places[id], self[place].task.state == .pending, !self[place].isOffered,
      self[place].parked < 0,
      let queues = queues[self[place].task.pool]
    else { return nil }
    let task = self[place].task
    let selector = policies[task.policy].selector
    var position = QueuePosition(ahead: 0, isExact: true)
    if ages {
      let (index, found) = queues.readyIndex(
        priority: task.priority, kind: task.kind, selector: selector)
      guard found else { return nil }
      position.ahead = slots.count(of: queues.ready[index], before: task.joined)
      position.isExact = false
      return position
    }
    for (number, entry) in queues.ready.enumerated() {
      if entry.priority < task.priority { break }
      let isOwn = entry.kind == task.kind && entry.selector == selector
      guard number < Self.queuesMax,
        let goesBefore = isOwn ? true : isServed(entry.kind, entry.selector)
      else {
        position.isExact = false
        break
      }
      guard goesBefore else { continue }
      position.ahead +=
        entry.priority > task.priority
        ? entry.list.count : slots.count(of: entry, before: task.joined)
    }
    return position
  }

  /// How many tasks wait in the ready queues of each kind and selector, of all priorities.
  func readyKinds(in pool: PoolID) -> [(kind: KindID, selector: LabelSet, tasks: Int)] {
    struct Key: Hashable {
      var kind: KindID
      var selector: LabelSet
    }
    var places: [Key: Int] = [:]
    var found: [(kind: KindID, selector: LabelSet, tasks: Int)] = []
    for entry in queues[pool]?.ready.prefix(Self.queuesMax) ?? [] {
      let key = Key(kind: entry.kind, selector: entry.selector)
      if let place = places[key] {
        found[place].tasks += entry.list.count
      } else {
        places[key] = found.count
        found.append((entry.kind, entry.selector, entry.list.count))
      }
    }
    return found
  }
}

extension TaskSlots {
  /// How many tasks of a ready queue joined it before the revision.
  fileprivate func count(of entry: PoolQueues.Ready, before revision: Revision) -> Int {
    var (count, place) = entry.marks?.block(of: revision) ?? (0, entry.list.head)
    while place != TaskTable.nowhere, self[place].task.joined < revision {
      count += 1
      place = self[place].next
    }
    return count
  }
}
