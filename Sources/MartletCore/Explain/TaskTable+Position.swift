extension TaskTable {
  /// Queues that a look visits: one of many thousand kinds must not hold up the engine.
  private static let queuesMax = 4_096

  /// How many tasks of its pool go before a PENDING one that has not been offered, by the order in
  /// which `nextReady` takes them; nil for any other task. Where others may pass it whatever is
  /// known now, those that are certain to: then the position is not exact.
  ///
  /// - Parameter isServed: Whether anybody takes tasks of that kind and selector: those that nobody
  ///   takes go before none. nil: it would take too long to find out.
  /// - Parameter ages: Waiting tasks rise: what is certain then is who is before it in its queue.
  func position(
    of id: TaskID, fairness: FairnessMode = .priorityFirst, ages: Bool = false,
    isServed: (KindID, LabelSet) -> Bool?
  ) -> QueuePosition? {
    guard let place = place(of: id), self[place].task.state == .pending, !self[place].isOffered,
      slots.line(of: place) < 0,
      let queues = queues[self[place].task.pool]
    else { return nil }
    let task = self[place].task
    let selector = policies[task.policy].selector
    // Of its own key it is in one line, and those of others come when their shares say.
    let share = fairness == .off ? nil : queues.shares?.share(of: slots.claim(of: place))
    var position = QueuePosition(ahead: 0, isExact: share == nil && !ages)
    if ages {
      let (index, found) = queues.readyIndex(
        priority: task.priority, kind: task.kind, selector: selector)
      guard found else { return nil }
      position.ahead = slots.count(of: queues.ready[index], share, before: task.joined)
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
      if entry.priority == task.priority {
        position.ahead += slots.count(of: entry, share, before: task.joined)
      } else if let share, fairness == .shareFirst {
        position.ahead += entry.lane(of: share)?.list.count ?? 0
      } else {
        position.ahead += entry.count
      }
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
        found[place].tasks += entry.count
      } else {
        places[key] = found.count
        found.append((entry.kind, entry.selector, entry.count))
      }
    }
    return found
  }
}

extension TaskSlots {
  /// How many tasks of a ready queue joined it before the revision; of one key, if one is named.
  fileprivate func count(
    of entry: PoolQueues.Ready, _ share: FairShares.Share?, before revision: Revision
  ) -> Int {
    if let share {
      return entry.lane(of: share).map { count(of: $0, before: revision) } ?? 0
    }
    guard let lanes = entry.lanes else { return count(of: entry.plain, before: revision) }
    return lanes.lanes.reduce(0) { $0 + count(of: $1.tasks, before: revision) }
  }
}
