import MartletCore

/// What is likely in one world: each seed has its own, so that some do little but crash and others
/// purge, and rare meetings of two habits happen somewhere.
struct Habits {
  enum Deed: CaseIterable {
    case startBulk, stepBulk, stopBulk
    case submit, submitMany, repeatRequest, cancel, cancelPool, pause, resume, retry, update,
      purgeTasks, purgeEvents
    case changePool, deleteFullPool, look, passTime, passLongTime, jumpWall
    case flush, apply, checkpoint, handlers, report, read, reconnect, workers
    case crash, crashAtAppend, failIndex, stop, diskFills
    case submitDependent, submitWorkflow, steerWorkflow
    case changeGroup, rollBack, scalePool
    case createSchedule, steerSchedule
    case acquireLock, steerLock
    case changeLimit, acquirePermits, steerPermits
  }

  private var weights: [(deed: Deed, upTo: Int)] = []
  private var total = 0
  var limits = Limits()
  /// The share, of 10, of the chances to seal that are taken.
  var sealing: Int
  /// How many tasks of a deleted pool, and how many timers, one step of the engine deals with.
  var perStep: (cancels: Int, timers: Int)
  /// How many runs one step of the engine makes.
  var firesPerStep = 1_000
  var pools: [String] = ["a", "b", "c"]
  var kinds = ["work", "slow", "odd", "rare"]

  init(random: inout SeededRandom) {
    sealing = Int.random(in: 3...10, using: &random)
    perStep = (
      [1, 3, 2_000].randomElement(using: &random) ?? 3,
      [1, 3, 2_000].randomElement(using: &random) ?? 3
    )
    for deed in Deed.allCases {
      let usual = Self.usual(deed)
      // One habit in six is dropped, some are exaggerated.
      switch Int.random(in: 0..<12, using: &random) {
      case 0...1 where !Self.isNeeded(deed): break
      case 2: total += usual * 4
      default: total += usual
      }
      weights.append((deed, total))
    }
    limits.segmentEvents = [1, 5, 40, 20_000].randomElement(using: &random) ?? 40
    limits.requestMemoryBytes = [0, 600, 1 << 20].randomElement(using: &random) ?? 600
    limits.taskTurns = [2, 3, 101].randomElement(using: &random) ?? 101
    limits.runningBulks = [1, 3].randomElement(using: &random) ?? 3
    limits.keptWorkflows = [0, 3, 100].randomElement(using: &random) ?? 3
    limits.poolRevisions = [1, 3, 1_000].randomElement(using: &random) ?? 3
    limits.scheduleRuns = [1, 3, 20].randomElement(using: &random) ?? 3
    limits.scheduleLiveRuns = [1, 3].randomElement(using: &random) ?? 3
    limits.schedules = [2, 100].randomElement(using: &random) ?? 2
    limits.locks = [2, 100].randomElement(using: &random) ?? 2
    limits.lockWaiters = [2, 100].randomElement(using: &random) ?? 2
    limits.namedLimits = [2, 100].randomElement(using: &random) ?? 2
    limits.limitKeys = [2, 100, 100].randomElement(using: &random) ?? 100
    limits.limitWaiters = [2, 100].randomElement(using: &random) ?? 2
    firesPerStep = [1, 3, 1_000].randomElement(using: &random) ?? 3
    limits.keptBulks = [0, 2, 100].randomElement(using: &random) ?? 2
    limits.leaseMilliseconds = [1_000, 10_000].randomElement(using: &random) ?? 10_000
    limits.offerMilliseconds = [100, 2_000].randomElement(using: &random) ?? 2_000
    limits.liveTasks = [60, 100_000].randomElement(using: &random) ?? 60
    limits.progressEventsPerSecond = [1, 2, 2_000].randomElement(using: &random) ?? 2
    limits.cancelGraceMilliseconds = [0, 500, 10_000].randomElement(using: &random) ?? 500
  }

  private static func isNeeded(_ deed: Deed) -> Bool {
    [.submit, .flush, .passTime, .handlers].contains(deed)
  }

  private static func usual(_ deed: Deed) -> Int {
    switch deed {
    case .startBulk: 8
    case .stepBulk: 40
    case .stopBulk: 2
    case .submit: 100
    case .submitMany: 10
    case .repeatRequest: 25
    case .cancel: 25
    case .cancelPool: 2
    case .pause: 15
    case .resume: 25
    case .retry: 25
    case .update: 25
    case .purgeTasks: 12
    case .purgeEvents: 8
    case .changePool: 20
    case .deleteFullPool: 3
    case .look: 40
    case .passTime: 100
    case .passLongTime: 12
    case .jumpWall: 4
    case .flush: 220
    case .apply: 60
    case .checkpoint: 15
    case .handlers: 120
    case .report: 40
    case .workers: 150
    case .read: 50
    case .reconnect: 10
    case .crash: 10
    case .crashAtAppend: 6
    case .failIndex: 3
    case .stop: 4
    case .diskFills: 3
    case .submitDependent: 20
    case .submitWorkflow: 12
    case .steerWorkflow: 15
    case .changeGroup: 20
    case .rollBack: 25
    case .scalePool: 20
    case .createSchedule: 12
    case .steerSchedule: 40
    case .acquireLock: 30
    case .steerLock: 45
    case .changeLimit: 15
    case .acquirePermits: 45
    case .steerPermits: 40
    }
  }

  func session(
    serving kinds: Set<String> = [], broken: BrokenRule? = nil
  ) -> SessionState {
    var session = SessionState(limits: limits, servedKinds: kinds)
    session.brokenRule = broken
    session.cancelsPerStep = perStep.cancels
    session.timersPerStep = perStep.timers
    session.firesPerStep = firesPerStep
    return session
  }

  func deed(random: inout SeededRandom) -> Deed {
    let point = Int.random(in: 0..<total, using: &random)
    return weights.first { point < $0.upTo }?.deed ?? .passTime
  }
}
