import MartletAPI
import MartletCore
import MartletRPC
import Synchronization

/// Where the node's workers are reached: which stream each of them has, and what is said to it.
final class WorkerGate: Sendable {
  private struct State: Sendable {
    var outboxes: [WorkerID: WorkerOutbox] = [:]
    var byInstance: [String: WorkerID] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())
  /// Streams that have something to say since the last round.
  private let woken = Mutex<[WorkerOutbox.Waiter]>([])
  private let clock: NodeClock

  init(clock: NodeClock) { self.clock = clock }

  /// The worker is reached through this stream from now on; its stream before, if there is one, is
  /// superseded. False if the server is stopping.
  func attach(_ outbox: WorkerOutbox, to id: WorkerID, instance: String) -> Bool {
    let (isOpen, old) = state.withLock { state in
      if state.isClosed { return (false, nil as WorkerOutbox?) }
      let old = state.outboxes.updateValue(outbox, forKey: id)
      state.byInstance[instance] = id
      return (true, old)
    }
    old?.end(
      RPCStatus(code: .aborted, message: "The same instance of the worker opened another stream."))
    return isOpen
  }

  /// True if it was this stream that the worker was reached through.
  func detach(_ outbox: WorkerOutbox, from id: WorkerID, instance: String) -> Bool {
    state.withLock { state in
      guard state.outboxes[id] === outbox else { return false }
      state.outboxes[id] = nil
      state.byInstance[instance] = nil
      return true
    }
  }

  func outbox(of id: WorkerID) -> WorkerOutbox? { state.withLock { $0.outboxes[id] } }

  /// Ends all streams: leases outlive them.
  func close() {
    let outboxes = state.withLock { state in
      state.isClosed = true
      return Array(state.outboxes.values)
    }
    for outbox in outboxes { outbox.end(RPCStatus(Refusal.stopping)) }
  }

  // MARK: - What is said

  /// Answers to a worker, given on the engine's thread: they leave when the round is over, in one
  /// message with what else there is to say.
  func answer(_ items: [WorkerOutbox.Item], by outbox: WorkerOutbox) {
    if let waiter = outbox.put(items) { woken.withLock { $0.append(waiter) } }
  }

  /// The end of a round of answers, with what is to be said beside them.
  func tell(_ notices: [WorkerNotice]) {
    var items: [WorkerID: [WorkerOutbox.Item]] = [:]
    for notice in notices {
      switch notice {
      case .offer(let offer): items[offer.worker, default: []].append(.offer(offer))
      case .lost(let id, let lease): items[id, default: []].append(.directive(.lost(lease)))
      }
    }
    for (id, items) in items { if let outbox = outbox(of: id) { answer(items, by: outbox) } }
    let waiters = woken.withLock { woken in
      defer { woken = [] }
      return woken
    }
    for waiter in waiters { waiter.resume() }
  }

  /// A running attempt is to stop, or is over without its worker's doing.
  func follow(_ change: TaskEvent, _ assignment: Assignment) {
    let outbox = state.withLock { state in
      state.byInstance[assignment.worker.instance].flatMap { state.outboxes[$0] }
    }
    guard let outbox else { return }
    let lease = Lease(
      task: change.task, attempt: change.status.attempt, epoch: assignment.epoch)
    switch change.change {
    case .cancelRequested, .pauseRequested:
      if let stopping = StoppingLease(lease, change.status.notes, at: clock.elapsed) {
        outbox.add(.directive(.init(stopping)))
      }
    case .cancelled:
      outbox.add(.directive(.lost(lease)))
    case .paused where change.status.notes?.pause.map { $0.graceEnd <= clock.elapsed } == true:
      outbox.add(.directive(.lost(lease)))
    case .failed, .retryScheduled, .paused:
      guard let failure = change.status.notes?.failure else { return }
      switch failure.kind {
      case .runTimeout, .deadline, .heartbeatTimeout:
        outbox.add(.directive(.lost(lease, because: failure.message)))
      default: break
      }
    default: break
    }
  }
}
