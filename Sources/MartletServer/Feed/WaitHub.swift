package import MartletCore
import Synchronization

/// One durable change of a task that somebody watches.
package struct TaskChange: Sendable {
  package var revision: Revision
  package var time: WallTime
  package var event: TaskEvent
}

/// Those who wait for certain tasks, found by id: ten thousand of them cost the others a look into
/// a table for each event.
package final class WaitHub: Sendable {
  private struct State: Sendable {
    var watches: [TaskID: [WaitTicket]] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())
  /// Read on the hot path before the lock is taken.
  private let watched = Atomic<Int>(0)

  package init() {}

  /// From now on, every change of these tasks reaches the ticket.
  package func watch(_ tasks: [TaskID]) -> WaitTicket {
    let ticket = WaitTicket(hub: self, tasks: tasks)
    let isClosed = state.withLock { state in
      if state.isClosed { return true }
      for task in tasks { state.watches[task, default: []].append(ticket) }
      watched.store(state.watches.count, ordering: .releasing)
      return false
    }
    if isClosed { ticket.end() }
    return ticket
  }

  fileprivate func forget(_ ticket: WaitTicket) {
    state.withLock { state in
      for task in ticket.tasks {
        state.watches[task]?.removeAll { $0 === ticket }
        if state.watches[task]?.isEmpty == true { state.watches[task] = nil }
      }
      watched.store(state.watches.count, ordering: .releasing)
    }
  }

  /// Tells each ticket of the changes of its tasks, all of a segment at once.
  func publish(_ segment: SealedSegment) {
    guard watched.load(ordering: .acquiring) > 0 else { return }
    var news: [ObjectIdentifier: (ticket: WaitTicket, changes: [TaskChange])] = [:]
    state.withLock { state in
      for event in segment.events {
        guard case .task(let change) = event.body, let tickets = state.watches[change.task] else {
          continue
        }
        for ticket in tickets {
          news[ObjectIdentifier(ticket), default: (ticket, [])].changes.append(
            TaskChange(revision: event.revision, time: segment.stamp.time, event: change))
        }
      }
    }
    for (ticket, changes) in news.values { ticket.add(changes) }
  }

  func close() {
    let tickets = state.withLock { state in
      state.isClosed = true
      defer { state.watches = [:] }
      return state.watches.values.flatMap { $0 }
    }
    for ticket in tickets { ticket.end() }
  }
}

/// What one waiter has not yet been told.
package final class WaitTicket: Sendable {
  private struct State: Sendable {
    var changes: [TaskChange] = []
    var waiter: CheckedContinuation<Void, Never>?
    var isOver = false
  }

  fileprivate let tasks: [TaskID]
  private let hub: WaitHub
  private let state = Mutex(State())

  fileprivate init(hub: WaitHub, tasks: [TaskID]) {
    self.hub = hub
    self.tasks = tasks
  }

  /// The changes since the last call, in order; waits if there are none. nil when the server stops
  /// or the caller's task is cancelled. One caller at a time.
  package func next() async -> [TaskChange]? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if !state.changes.isEmpty || state.isOver { return true }
          state.waiter = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      end()
    }
    return state.withLock { state in
      defer { state.changes = [] }
      return state.changes.isEmpty ? nil : state.changes
    }
  }

  /// Nobody wants to know any more.
  package func cancel() {
    hub.forget(self)
    end()
  }

  fileprivate func add(_ changes: [TaskChange]) {
    let waiter = state.withLock { state in
      state.changes.append(contentsOf: changes)
      return state.waiter.take()
    }
    waiter?.resume()
  }

  fileprivate func end() {
    let waiter = state.withLock { state in
      state.isOver = true
      return state.waiter.take()
    }
    waiter?.resume()
  }
}
