import MartletStore

@testable import MartletCore
@testable import MartletServer

/// A pretend world around the real engine, pipeline, segments, recovery and feed: clients,
/// handlers, subscribers, clocks, a disk. One thread; everything follows from the seed.
final class Simulation {
  let seed: UInt64
  let broken: BrokenRule?
  var random: SeededRandom
  let habits: Habits
  let log = MemoryEventLog()
  let index = MemoryTaskIndex()
  var clock = PretendClock()
  var node: SimulatedNode
  var checker = Checker()
  var subscribers: [Subscriber] = []
  var clients = PretendClients()
  var workers = (1...3).map { PretendWorker(instance: "w\($0)") }
  var lastInstance = 3
  private(set) var step = 0
  var crashes = 0
  /// How often a task was seen to wait for a limit.
  var limitedSeen = 0

  /// - Parameter broken: A rule that the engine breaks.
  init(seed: UInt64, broken: BrokenRule? = nil) throws {
    self.seed = seed
    self.broken = broken
    random = SeededRandom(seed: seed)
    habits = Habits(random: &random)
    node = SimulatedNode(
      recovery: try Recovery(log: log, index: index, limits: habits.limits),
      session: habits.session())
    checker.poolRevisionsKept = habits.limits.poolRevisions
    subscribers = Subscriber.Wish.allCases.map { Subscriber($0, after: .zero) }
  }

  /// Lives through so many steps, then waits until the world has come to rest.
  func run(steps: Int) throws(Violation) {
    try boot()
    if chance(3, of: 4) { createGroup() }
    for name in habits.pools { send(.createPool(name: name, spec: randomSpec(), origin: .client)) }
    if chance(2, of: 3) { createLimits() }
    while step < steps {
      step += 1
      try act(habits.deed(random: &random))
      try pump()
    }
    try comeToRest()
  }

  func chance(_ share: Int, of whole: Int) -> Bool {
    Int.random(in: 0..<whole, using: &random) < share
  }

  private func act(_ deed: Habits.Deed) throws(Violation) {
    switch deed {
    case .startBulk: startBulk()
    case .stepBulk: try stepBulk()
    case .stopBulk: stopBulk()
    case .submitDependent: submitDependent()
    case .submitWorkflow: submitWorkflow()
    case .steerWorkflow: try steerWorkflow()
    case .changeGroup: changeGroup()
    case .rollBack: try rollBack()
    case .scalePool: scalePool()
    case .createSchedule: createSchedule()
    case .steerSchedule: steerSchedule()
    case .acquireLock: acquireLock()
    case .steerLock: steerLock()
    case .changeLimit: changeLimit()
    case .acquirePermits: acquirePermits()
    case .steerPermits: steerPermits()
    case .submit: submit(count: Int.random(in: 1...4, using: &random))
    case .submitMany: submit(count: Int.random(in: 5...30, using: &random))
    case .repeatRequest: repeatRequest()
    case .cancel: cancel()
    case .cancelPool: cancelAll()
    case .retry: try retry()
    case .update: update()
    case .purgeTasks: try purgeTasks()
    case .purgeEvents: try purgeEvents()
    case .changePool: changePool()
    case .deleteFullPool: deleteFullPool()
    case .pause: pause()
    case .resume: resume()
    case .look: look()
    case .passTime: clock.pass(.milliseconds(Int64.random(in: 1...400, using: &random)))
    case .passLongTime: clock.pass(.milliseconds(Int64.random(in: 1...30_000, using: &random)))
    case .jumpWall: jumpWall()
    case .flush: try flush()
    case .apply: try apply()
    case .checkpoint: _ = try storing { () throws(StoreFailure) in try index.checkpoint() }
    case .handlers: finishAttempts()
    case .report: report()
    case .workers: workersAct()
    case .read: try read()
    case .reconnect: reconnect()
    case .crash: try crash()
    case .crashAtAppend: try crashAtAppend()
    case .failIndex: try failIndex()
    case .stop: try stop()
    case .diskFills:
      let isLow = chance(1, of: 3)
      let isTight = chance(1, of: 3)
      node.pipeline.inform { engine in
        engine.setDiskIsLow(isLow)
        engine.setMemoryIsTight(isTight)
      }
    }
  }

  private func jumpWall() {
    let hours: [Int64] = [-26, -1, 0, 1, 3, 25]
    clock.jumpWall(.seconds((hours.randomElement(using: &random) ?? 0) * 3_600))
  }

  // MARK: - The node's threads

  /// One turn of the engine's thread.
  func pump() throws(Violation) {
    checker.model.lockNow = clock.elapsed
    node.decide(at: clock.now)
    try checkExplanation()
    try deliver()
    if chance(habits.sealing, of: 10) { node.seal() }
  }

  /// The segment on its way arrives on the disk.
  func flush() throws(Violation) {
    guard let (sealed, stored) = node.inFlight else { return }
    do throws(StoreFailure) {
      try log.append(stored)
    } catch {
      return try restart()
    }
    let segment = try Segment.checked(stored)
    try require(
      (try? segment.events()) == sealed.events && segment.stamp == sealed.stamp,
      "a segment reads otherwise than it was written")
    try checker.add(segment)
    node.inFlight = nil
    node.pipeline.segmentDurable()
    try deliver()
    try checker.advance()
    node.toIndex.append(sealed)
    follow(sealed)
  }

  /// Whatever may leave does, and is checked.
  private func deliver() throws(Violation) {
    let durable = checker.durable
    for (reply, call) in try node.takeReplies() {
      try checker.check(reply, to: call, durable: durable)
      try heard(reply, to: call)
    }
    try tellLockCalls()
    try tellPermitCalls()
    tellWorkers()
  }

  /// Durable events start attempts, and tell those that are being made to stop.
  private func follow(_ sealed: SealedSegment) {
    for event in sealed.events {
      guard case .task(let change) = event.body else { continue }
      if case .started = change.change, change.status.notes?.assignment == nil,
        let started = node.pipeline.engine.startedAttempt(change)
      {
        node.attempts[started.token] = PretendAttempt(
          token: started.token, at: clock.elapsed, random: &random)
      }
      guard change.from == .running else { continue }
      let token = AttemptToken(task: change.task, attempt: change.status.attempt)
      guard let attempt = node.attempts[token], attempt.heedsStop else { continue }
      switch change.change {
      case .cancelRequested: node.attempts[token]?.doneAt = clock.elapsed
      case .pauseRequested:
        node.attempts[token] = nil
        release(token)
      case .cancelled, .failed, .retryScheduled, .paused: node.attempts[token] = nil
      default: break
      }
    }
  }

  /// The index takes what is durable, or some of it.
  func apply(all: Bool = false) throws(Violation) {
    let count =
      all || chance(1, of: 2)
      ? node.toIndex.count : Int.random(in: 0...node.toIndex.count, using: &random)
    for segment in node.toIndex.prefix(count) { node.fold.apply(segment) }
    node.toIndex.removeFirst(count)
    if node.fold.isEmpty { return }
    let batch = node.fold.take()
    do throws(StoreFailure) {
      try index.apply(batch)
    } catch {
      return try restart()
    }
    node.pipeline.inform { $0.indexApplied(through: batch.appliedThrough) }
  }

  // MARK: - Subscribers

  func read() throws(Violation) {
    let number = Int.random(in: 0..<subscribers.count, using: &random)
    let bytesMax = [1, 2_000, 1 << 20].randomElement(using: &random) ?? 1
    try subscribers[number].read(
      log, bytesMax: bytesMax, flushes: chance(2, of: 3), checker: &checker)
  }

  private func reconnect() {
    let number = Int.random(in: 0..<subscribers.count, using: &random)
    if chance(1, of: 2) { return subscribers[number].reconnect() }
    // Another one, from the cursor of any answer: in the middle of a commit as well.
    let oldest = checker.model.oldestEvent.rawValue - 1
    guard oldest <= checker.shown.rawValue else { return }
    let cursor = UInt64.random(in: oldest...checker.shown.rawValue, using: &random)
    subscribers[number] = Subscriber(subscribers[number].wish, after: Revision(cursor))
  }
}

extension Origin {
  static let client = Origin(actor: "client", reason: "")
}
