/// Every schedule that there is.
package struct ScheduleTable: Hashable, Sendable {
  /// In boxes: a copy of the table, which looks and the index take, costs a reference each.
  private var boxes: [ScheduleID: RecordBox<ScheduleRecord>] = [:]
  private var names: [String: ScheduleID] = [:]
  /// In the order of their bytes.
  private var order: [String] = []
  /// Whose runs the live tasks are.
  private var owners: [TaskID: ScheduleID] = [:]
  /// Those of which a run waits and none is live.
  private(set) var ready: Set<ScheduleID> = []

  package init() {}

  /// Puts together what an index kept.
  package init(_ records: [ScheduleRecord]) {
    for record in records {
      names[record.name] = record.id
      for task in record.live { owners[task] = record.id }
      set(record)
    }
    order = names.keys.sorted(by: Self.isBefore)
  }

  package var isEmpty: Bool { boxes.isEmpty }
  package var count: Int { boxes.count }

  package subscript(id: ScheduleID) -> ScheduleRecord? { boxes[id]?.record }
  package subscript(name name: String) -> ScheduleRecord? { names[name].flatMap { self[$0] } }

  /// In no order.
  package var records: some Sequence<ScheduleRecord> { boxes.values.lazy.map(\.record) }

  /// Whether any task is a run that has not ended.
  package var hasLiveRuns: Bool { !owners.isEmpty }

  /// Of a live task: whose run it is.
  package func owner(of task: TaskID) -> ScheduleID? {
    owners.isEmpty ? nil : owners[task]
  }

  // MARK: - Changes

  mutating func evolve(_ event: ScheduleEvent, revision: Revision, at time: WallTime) {
    if case .created(let spec) = event.change {
      names[event.name] = event.schedule
      order.insert(event.name, at: place(of: event.name))
      var record = ScheduleRecord(
        id: event.schedule, name: event.name, spec: spec, state: event.state,
        specRevision: revision, revision: revision, createTime: time, updateTime: time)
      record.next = event.next
      return set(record)
    }
    guard var record = self[event.schedule] else { return }
    record.state = event.state
    record.next = event.next
    record.revision = revision
    switch event.change {
    case .created: break
    case .updated(let spec):
      record.spec = spec
      record.specRevision = revision
      record.updateTime = time
    case .paused: record.pause = event.origin
    case .resumed: record.pause = nil
    case .finished: break
    case .run(let run, let keptFrom):
      record.note(run, keptFrom: keptFrom)
      if run.outcome == .running, let task = run.task { owners[task] = record.id }
    case .deleted: return remove(record)
    }
    set(record)
  }

  mutating func evolve(_ event: TaskEvent) {
    if owners.isEmpty || !event.status.state.isTerminal { return }
    guard let id = owners.removeValue(forKey: event.task), var record = self[id] else { return }
    record.noteEnd(of: event.task, as: event.status.state, at: event.status.finishTime)
    set(record)
  }

  private mutating func set(_ record: ScheduleRecord) {
    boxes[record.id] = RecordBox(record)
    if record.isReady { ready.insert(record.id) } else if !ready.isEmpty { ready.remove(record.id) }
  }

  private mutating func remove(_ record: ScheduleRecord) {
    boxes[record.id] = nil
    names[record.name] = nil
    order.remove(at: place(of: record.name))
    ready.remove(record.id)
    for task in record.live { owners[task] = nil }
  }
}

// MARK: - Lists

/// Which schedules somebody wants to see.
package struct ScheduleListing: Hashable, Sendable {
  /// Behind this name; empty: from the first one on.
  package var after: String
  package var prefix: String
  /// Empty: of any.
  package var pool: String
  package var states: Set<ScheduleState>
  package var limit: Int

  package init(
    after: String = "", prefix: String = "", pool: String = "",
    states: Set<ScheduleState> = [], limit: Int
  ) {
    self.after = after
    self.prefix = prefix
    self.pool = pool
    self.states = states
    self.limit = limit
  }

  fileprivate func wants(_ record: ScheduleRecord) -> Bool {
    (pool.isEmpty || record.spec.action.pool == pool)
      && (states.isEmpty || states.contains(record.state))
  }
}

package struct SchedulePage: Hashable, Sendable {
  /// By name.
  package var records: [ScheduleRecord]
  /// Behind which name there may be more; nil: there are none.
  package var next: String?
}

extension ScheduleTable {
  /// So many are looked at for one page, that a look is short; a page may be shorter than wanted.
  private static let looksMax = 10_000

  package func page(_ listing: ScheduleListing) -> SchedulePage {
    let isInside = !Self.isBefore(listing.after, listing.prefix)
    var place = place(of: isInside ? listing.after : listing.prefix)
    if isInside, place < order.count, order[place] == listing.after { place += 1 }
    var page = SchedulePage(records: [])
    let end = min(order.count, place + Self.looksMax)
    while place < end, order[place].utf8.starts(with: listing.prefix.utf8) {
      if page.records.count == listing.limit {
        page.next = page.records.last?.name
        return page
      }
      if let record = self[name: order[place]], listing.wants(record) {
        page.records.append(record)
      }
      place += 1
    }
    if place == end, end < order.count { page.next = order[end - 1] }
    return page
  }

  private static func isBefore(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  /// Where a name is in the order, or would be.
  private func place(of name: String) -> Int {
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if Self.isBefore(order[middle], name) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// When schedules fire, the next one first. Entries of times that are no longer a schedule's next
/// one stay until they are passed or there are too many.
package struct ScheduleClock: Sendable {
  package struct Entry: Hashable, Sendable {
    package var time: WallTime
    package var schedule: ScheduleID

    static func < (a: Entry, b: Entry) -> Bool {
      (a.time, a.schedule) < (b.time, b.schedule)
    }
  }

  private var heap: ContiguousArray<Entry> = []

  package init() {}

  /// Of every schedule that has a next time.
  init(_ table: ScheduleTable) {
    heap = ContiguousArray(
      table.records.compactMap { record in
        record.next.map { Entry(time: $0.fire, schedule: record.id) }
      })
    // A sorted array is a heap.
    heap.sort(by: <)
  }

  package var first: Entry? { heap.first }
  package var count: Int { heap.count }

  mutating func add(_ time: WallTime, _ schedule: ScheduleID, of table: ScheduleTable) {
    if heap.count > 2 * table.count + 64 {
      // The table has it already.
      self = ScheduleClock(table)
      return
    }
    heap.append(Entry(time: time, schedule: schedule))
    var place = heap.count - 1
    while place > 0, heap[place] < heap[(place - 1) / 2] {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func removeFirst() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    heap[0] = last
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < heap.count && heap[child] < heap[least] { least = child }
      if least == place { return }
      heap.swapAt(place, least)
      place = least
    }
  }
}
