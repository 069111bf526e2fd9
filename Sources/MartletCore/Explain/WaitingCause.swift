/// Why a task does not run. What decides about starts tells them apart: they are no guess.
///
/// To add one: a case here, its words in `WaitingCause+Words.swift`, its number in the contract,
/// and the place in `Engine+Explain.swift` where the rule that it stands for is asked.
package enum WaitingCause: Hashable, Sendable {
  case ended(TaskState, at: WallTime, Failure?, Origin?)
  case running(Attempt)
  /// It runs, and was asked to stop.
  case cancelRequested(Origin, since: WallTime, until: WallTime)
  case pauseRequested(Origin, since: WallTime, until: WallTime)
  case paused(Origin, since: WallTime)
  case delayed(until: WallTime)
  case backOff(until: WallTime, Failure)
  case serverStarting
  case serverStopping
  case poolPaused(String)
  case poolClosed(String)
  case poolDeleting(String)
  /// - Parameter position: How many tasks go before it; nil if that was not asked for.
  case noFreeSlot(pool: String, slots: Int, inUse: Int, position: QueuePosition?)
  /// Its pool gives slots by the shares of keys.
  case fairShare(FairStanding)
  /// Its pool's guaranteed slots are lent: the next that falls free in the group is the pool's.
  case budgetLent(group: String, budget: Int, minimum: Int, inUse: Int)
  /// - Parameter owed: Of the budget: what other pools of the group have a claim to.
  case budgetInUse(group: String, budget: Int, inUse: Int, owed: Int)
  /// A limit has no permit left for it, or others wait for one before it.
  case limit(LimitWait)
  /// It has a slot; the worker has yet to accept.
  case offered(worker: String, until: WallTime)
  /// - Parameter byServer: Handlers of the server do, but the task selects workers by labels.
  case noWorker(kind: String, byServer: Bool)
  case noWorkerForPool(kind: String, pool: String, workers: Int)
  /// - Parameter missing: What the worker that comes closest does not have.
  case selectorUnmatched(kind: String, missing: LabelSet, workers: Int)
  /// Workers that could run it, each for a reason of its own.
  case workersBusy(kind: String, Int)
  case workersSilent(kind: String, Int)
  case workersDraining(kind: String, Int)
  case workersDisconnected(kind: String, Int)
  /// It is BLOCKED: the first of the tasks that it waits for, and how many there are.
  case dependencies([TaskID], count: Int)
  /// It is BLOCKED by tasks that did not succeed.
  case heldByDependencies([TaskID], count: Int)
  /// Nothing holds it: it starts as soon as the engine comes to it.
  case starting

  /// Of a task that has ended, or has just been reopened: then it is about to start.
  package init(ended status: TaskStatus) {
    guard let finishTime = status.finishTime else {
      self = .starting
      return
    }
    self = .ended(
      status.state, at: finishTime, status.state == .failed ? status.notes?.failure : nil,
      status.state == .cancelled ? status.notes?.cancel?.origin : nil)
  }

  /// An attempt that is being made.
  package struct Attempt: Hashable, Sendable {
    package var number: UInt32
    package var since: WallTime?
    /// The worker's name; nil if the server makes it.
    package var worker: String?
    /// What ends it without its doing, the next one first.
    package var timers: [Timer]
  }

  package struct Timer: Hashable, Sendable {
    package enum Kind: UInt8, Hashable, Sendable {
      case runTimeout = 1
      case deadline = 2
      case lease = 3
      case cancelGrace = 4
      case pauseGrace = 5
      case heartbeatTimeout = 6
    }

    package var kind: Kind
    package var at: WallTime
  }
}

/// What a task waits for that waits for a limit.
package struct LimitWait: Hashable, Sendable {
  package var limit: String
  /// Empty of a limit without keys.
  package var key: String
  package var rule: LimitRule
  /// Of the limit's permits: those that could be taken now.
  package var available: Int
  /// Calls and parked tasks that wait for the same.
  package var waiting: Int
  /// Tasks of its pool that go before it there, and calls; nil if that was not asked for.
  package var ahead: QueuePosition?
  /// When the next permit is there; nil if somebody must give one back.
  package var until: WallTime?
}

/// How many PENDING tasks of its pool go before one.
package struct QueuePosition: Hashable, Sendable {
  package var ahead: Int
  /// Else there are at least so many: the pool has more queues than were looked at.
  package var isExact: Bool
}

/// What a fairness key uses of its pool.
package struct KeyShare: Hashable, Sendable {
  package var key: String
  package var weight: Int
  /// Attempts, and what workers have been offered.
  package var running: Int
  /// PENDING tasks that have not been offered.
  package var waiting: Int
}

/// How a task's key stands among those of its pool.
package struct FairStanding: Hashable, Sendable {
  package var share: KeyShare
  package var pool: String
  /// Tasks of its own key, priority and kind that go before it.
  package var ahead: Int
  /// Other keys that have tasks that wait.
  package var others: Int
}

/// All that keeps a task from running, what must go away first in front; what becomes of it if it
/// runs or has ended.
package struct TaskExplanation: Hashable, Sendable {
  package var task: TaskID
  package var state: TaskState
  package var causes: [WaitingCause]
}

/// What holds a pool back.
package struct PoolExplanation: Hashable, Sendable {
  package struct Cause: Hashable, Sendable {
    package var cause: WaitingCause
    /// PENDING tasks that it holds back.
    package var tasks: Int
  }

  package var pool: PoolRecord
  /// By state; terminal ones too.
  package var counts: Counters.States
  package var inUse: Int
  /// Of the slots in use: offered to workers that have yet to accept.
  package var offered: Int
  package var causes: [Cause]
  /// Causes that are not listed: of the kinds with the fewest tasks.
  package var omittedCauses: Int
  /// Of a pool with scaling in its spec: what it should do now, and until when it cools down.
  package var scaling: ScalingVerdict?
  package var coolsUntil: WallTime?
  /// Of a pool with tasks that have fairness keys: the keys with the most running tasks, then those
  /// with the most that wait.
  package var shares: [KeyShare] = []
  /// Keys that are not listed.
  package var omittedShares = 0
}
