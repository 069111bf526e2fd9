internal import Synchronization

/// One attempt from its assignment to the end of its handler: what the handler's task, and those
/// who tell it to stop, share.
final class RunningAttempt: Sendable {
  private struct State {
    var stop: TaskStop?
    var checkpoint: TaskContent?
    var handler: Task<Void, Never>?
    var saves: [Save] = []
  }

  private struct Save {
    var sequence: UInt64
    var content: TaskContent
    var waiter: CheckedContinuation<CheckpointVerdict, Never>
  }

  let assign: API.Assign
  private let driver: WorkerDriver
  private let state: Mutex<State>

  init(_ assign: API.Assign, _ driver: WorkerDriver) {
    self.assign = assign
    self.driver = driver
    var state = State()
    state.checkpoint = assign.checkpoint.map { TaskContent($0.data, contentType: $0.contentType) }
    self.state = Mutex(state)
  }

  var stop: TaskStop? { state.withLock { $0.stop } }
  var checkpoint: TaskContent? { state.withLock { $0.checkpoint } }

  /// Runs the handler in a task of its own, outside the event loop: it may block.
  func start() {
    let handler = Task { [driver] in await driver.run(self) }
    let isStopped = state.withLock { state in
      state.handler = handler
      return state.stop != nil
    }
    if isStopped { handler.cancel() }
  }

  /// Cancels the handler's task, after the reason can be seen.
  func tell(_ stop: TaskStop) {
    let handler = state.withLock { state in
      state.stop = stop
      return state.handler
    }
    handler?.cancel()
  }

  /// The handler has returned: whoever holds the context can change nothing any more.
  func ended() {
    let saves = state.withLock { state -> [Save] in
      defer { state.saves = [] }
      state.handler = nil
      return state.saves
    }
    for save in saves { save.waiter.resume(returning: .lost) }
  }

  func report(_ progress: API.Progress) {
    driver.update { $0.report(progress, of: assign.lease) }
  }

  func log(_ text: String, level: API.LogLevel) {
    let line = API.LogLine(
      time: driver.configuration.wallClock(), level: level, text: text.cut(bytes: 4_096))
    driver.update { $0.log(line, of: assign.lease) }
  }

  // MARK: - Checkpoints

  func save(_ content: TaskContent) async throws(CheckpointError) {
    guard content.data.count <= 1 << 20 else { throw .tooLarge }
    let verdict: CheckpointVerdict = await withCheckedContinuation { waiter in
      driver.update { session in
        guard let sequence = session.saveCheckpoint(content, of: assign.lease) else {
          waiter.resume(returning: .lost)
          return
        }
        state.withLock {
          $0.saves.append(Save(sequence: sequence, content: content, waiter: waiter))
        }
      }
    }
    switch verdict {
    case .saved: return
    case .refused(let words): throw .refused(words)
    case .lost: throw .leaseLost
    }
  }

  func settleCheckpoints(upTo sequence: UInt64, _ verdict: CheckpointVerdict) {
    let settled = state.withLock { state -> [Save] in
      let settled = state.saves.filter { $0.sequence <= sequence }
      state.saves.removeAll { $0.sequence <= sequence }
      if verdict == .saved, let newest = settled.last { state.checkpoint = newest.content }
      return settled
    }
    for save in settled { save.waiter.resume(returning: verdict) }
  }
}
