@testable import MartletCore

extension DurableState {
  /// Equal in all that a replay must restore: catalog, tasks, the order of queues, timers.
  func compare(with other: DurableState, what: String) throws(Violation) {
    try require(catalog == other.catalog, "\(what) has another catalog")
    let (mine, theirs) = (tasks.all(), other.tasks.all())
    try require(mine.map(\.id) == theirs.map(\.id), "\(what) has other live tasks")
    for (a, b) in zip(mine, theirs) {
      try require(
        a.isLike(b) && tasks.labels(of: a) == other.tasks.labels(of: b)
          && tasks.policy(of: a) == other.tasks.policy(of: b),
        "\(what) has task \(a), the log makes it \(b)")
    }
    try require(
      tasks.dependencies.entries == other.tasks.dependencies.entries,
      "\(what) has tasks that wait for others")
    try require(tasks.unique.count == other.tasks.unique.count, "\(what) has other unique keys")
    for task in mine {
      let mark = tasks.unique.mark(of: task.id)
      try require(mark == other.tasks.unique.mark(of: task.id), "\(what) has another key")
      guard let mark else { continue }
      try require(
        tasks.unique.tasks(of: mark) == other.tasks.unique.tasks(of: mark),
        "\(what) has other tasks of a key")
    }
    for pool in catalog.pools.keys {
      // An offer is of the session: without it the task is where it was.
      let order = tasks.withoutOffers.queueOrder(of: pool)
      try require(
        order == other.tasks.withoutOffers.queueOrder(of: pool),
        "\(what) queues pool \(pool) in another order")
    }
    try require(tasks.timerOrder == other.tasks.timerOrder, "\(what) has other timers")
  }
}

extension LiveTask {
  /// Equal but for where labels and policy are kept.
  fileprivate func isLike(_ other: LiveTask) -> Bool {
    var other = other
    other.labels = labels
    other.policy = policy
    return self == other
  }
}

extension TaskTable {
  fileprivate var withoutOffers: TaskTable {
    var table = self
    for task in all() {
      table.setOffered(false, task.id)
      table.setParked(nil, task.id)
    }
    return table
  }

  /// Who waits for what, in order; of running tasks only which there are.
  fileprivate func queueOrder(of pool: PoolID) -> [[TaskID]] {
    guard let queues = queues[pool] else { return [[], [], [], []] }
    // Queues of one priority and kind have no order among themselves: their heads have.
    let ready = queues.ready.sorted {
      ($1.priority, $0.kind, self[$0.oldest].task.revision)
        < ($0.priority, $1.kind, self[$1.oldest].task.revision)
    }
    // Nor have lanes of one queue.
    let lanes = ready.flatMap { queue in
      queue.lists.sorted { self[$0.head].task.joined < self[$1.head].task.joined }
    }
    let lists = lanes + [queues.scheduled, queues.paused, queues.blocked]
    return lists.map(ids) + [ids(of: queues.running).sorted()]
  }

  private func ids(of list: TaskList) -> [TaskID] {
    var ids: [TaskID] = []
    var place = list.head
    while place != Self.nowhere {
      ids.append(self[place].task.id)
      place = self[place].next
    }
    return ids
  }

  fileprivate var timerOrder: [TimerMoment] {
    timers.map { TimerMoment(at: $0.at, task: self[$0.place].task.id) }
      .sorted { ($0.at, $0.task) < ($1.at, $1.task) }
  }

  fileprivate struct TimerMoment: Equatable {
    var at: Elapsed
    var task: TaskID
  }
}
