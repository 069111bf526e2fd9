package import MartletCore
import Synchronization

/// Calls that stand in line for locks, or for permits.
package typealias LockHub = LineHub<LockWaiter, LockNotice.Outcome>
package typealias PermitHub = LineHub<PermitWaiter, PermitNotice.Outcome>

extension LockWaiter: LineNumber {}
extension PermitWaiter: LineNumber {}

/// Names a call.
package protocol LineNumber: Hashable, Sendable {
  init(rawValue: UInt64)
}

/// Calls that stand in line: each is told once what became of it.
package final class LineHub<Waiter: LineNumber, Outcome: Sendable>: Sendable {
  private struct State: Sendable {
    var tickets: [Waiter: LineTicket<Waiter, Outcome>] = [:]
    var last: UInt64 = 0
    var isClosed = false
  }

  private let state = Mutex(State())

  package init() {}

  /// A number for a call that wants something; forget it when the call ends.
  func enrol() -> LineTicket<Waiter, Outcome> {
    let (ticket, isClosed) = state.withLock { state in
      state.last += 1
      let ticket = LineTicket<Waiter, Outcome>(waiter: Waiter(rawValue: state.last))
      if !state.isClosed { state.tickets[ticket.waiter] = ticket }
      return (ticket, state.isClosed)
    }
    if isClosed { ticket.end() }
    return ticket
  }

  func forget(_ ticket: LineTicket<Waiter, Outcome>) {
    state.withLock { $0.tickets[ticket.waiter] = nil }
  }

  /// What it says must be durable.
  func tell(_ notices: [(waiter: Waiter, outcome: Outcome)]) {
    if notices.isEmpty { return }
    let told = state.withLock { state in
      notices.compactMap { notice in
        state.tickets[notice.waiter].map { ($0, notice.outcome) }
      }
    }
    for (ticket, outcome) in told { ticket.tell(outcome) }
  }

  func close() {
    let tickets = state.withLock { state in
      state.isClosed = true
      defer { state.tickets = [:] }
      return Array(state.tickets.values)
    }
    for ticket in tickets { ticket.end() }
  }
}

final class LineTicket<Waiter: LineNumber, Outcome: Sendable>: Sendable {
  private struct State: Sendable {
    var outcome: Outcome?
    var waiter: CheckedContinuation<Void, Never>?
    var isOver = false
  }

  let waiter: Waiter
  private let state = Mutex(State())

  fileprivate init(waiter: Waiter) { self.waiter = waiter }

  /// Waits for it; nil when the server stops or the caller's task is cancelled.
  func outcome() async -> Outcome? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if state.outcome != nil || state.isOver { return true }
          state.waiter = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      end()
    }
    return state.withLock { $0.outcome }
  }

  fileprivate func tell(_ outcome: Outcome) {
    let waiter = state.withLock { state in
      state.outcome = outcome
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
