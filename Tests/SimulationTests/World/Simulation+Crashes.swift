import MartletStore

@testable import MartletCore
@testable import MartletServer

/// The ways in which a process ends, and how the next one begins.
extension Simulation {
  /// Killed now; what was on its way to the disk may have arrived.
  func crash() throws(Violation) {
    if let stored = node.inFlight?.stored, chance(1, of: 2) {
      try storing { () throws(StoreFailure) in try log.append(stored) }
    }
    try restart()
  }

  /// The next append fails, or the process dies before or after it.
  func crashAtAppend() throws(Violation) {
    log.fail(nextAppend: MemoryEventLog.Fault.allCases.randomElement(using: &random))
    if node.inFlight == nil { node.seal() }
    if node.inFlight == nil { log.fail(nextAppend: nil) } else { try flush() }
  }

  func failIndex() throws(Violation) {
    if node.toIndex.isEmpty { return }
    index.failNextApply()
    try apply(all: true)
  }

  /// A graceful stop: starts nothing, gives back what runs, commits and applies all there is.
  func stop() throws(Violation) {
    node.pipeline.inform { $0.stopStarting() }
    for token in node.attemptsInOrder where chance(9, of: 10) {
      release(token)
    }
    while !node.backlog.isEmpty || !node.isClean {
      try pump()
      node.seal()
      try flush()
      if node.pipeline.engine.state.session.startsTasks { return }
    }
    while !node.toIndex.isEmpty { try apply() }
    _ = try storing { () throws(StoreFailure) in try index.checkpoint() }
    try restart()
  }

  /// The process is gone. The index may have lost what it had not synced; the log has what it
  /// acknowledged. After a while the next process starts.
  func restart() throws(Violation) {
    crashes += 1
    let live = node.isClean ? node.durableState : nil
    index.crash(keeping: Int.random(in: 0...index.unflushedBatches, using: &random))
    log.restart()
    let pause: Int64 = [0, 1, 5_000, 200_000].randomElement(using: &random) ?? 0
    clock.pass(.milliseconds(Int64.random(in: 0...pause, using: &random)))
    for number in subscribers.indices where chance(1, of: 2) { subscribers[number].reconnect() }
    workersLoseStreams()
    try boot(live: live)
  }

  /// - Parameter live: What the process before knew, if all of it is on disk.
  func boot(live: DurableState? = nil) throws(Violation) {
    if chance(1, of: 12) { try failedBoot() }
    let recovery: Recovery
    do throws(Recovery.Problem) {
      recovery = try Recovery(log: log, index: index, limits: habits.limits)
    } catch {
      throw Violation(description: "the node cannot start: \(error)")
    }
    try checker.check(recovery, log: log, index: index)
    if let live, live.catalog.revision == recovery.durable.catalog.revision {
      try recovery.durable.compare(with: live, what: "the recovered state, against the live one,")
    }
    clock.restart(continuing: recovery.durable.catalog.stamp)
    let served = Set(habits.kinds.dropLast().filter { _ in chance(4, of: 5) })
    checker.model.booted(
      serving: served, at: clock.elapsed,
      leaseLength: .milliseconds(Int64(habits.limits.leaseMilliseconds)))
    node = SimulatedNode(
      recovery: recovery, session: habits.session(serving: served, broken: broken))
    knowZones()
    let applied = recovery.durable.catalog.revision
    node.pipeline.inform { $0.indexApplied(through: applied) }
    // Time may pass for the engine before its first command is there.
    if chance(1, of: 2) { try pump() }
    send(.recover)
    clients.restarted()
    try pump()
  }

  /// A start that dies in the middle, with the index half written.
  private func failedBoot() throws(Violation) {
    index.failNextApply()
    _ = try? Recovery(log: log, index: index, limits: habits.limits)
    index.crash(keeping: Int.random(in: 0...index.unflushedBatches, using: &random))
  }
}
