import Testing

@testable import MartletCore

/// Something that keeps a task of the kind `remote` from running, and how it is told.
struct Situation: Sendable, CustomTestStringConvertible {
  /// Causes of one group exclude each other; they are brought about in this order.
  enum Group: Int, Sendable {
    case takers, slots, time, pool, server
  }

  var name: String
  var group: Group
  /// It goes away by itself: a task that is not PENDING yet does not tell it.
  var isPassing = false
  /// What the submission asks for.
  var draft: @Sendable (inout TaskDraft, World) -> Void = { _, _ in }
  /// Ends or stops a first attempt, which a worker makes before anything else is arranged.
  var firstAttempt: (@Sendable (World, Lease) throws -> Void)?
  /// Before the submission, and after it.
  var before: @Sendable (World) throws -> Void = { _ in }
  var after: @Sendable (World, TaskID) throws -> Void = { _, _ in }
  var expected: @Sendable (WaitingCause) -> Bool

  var testDescription: String { name }
}

// MARK: - Server, pool and slots

extension Situation {
  static let all: [Situation] = ofServer + ofPool + ofSlots + ofGroup + ofTakers + ofTime

  static let ofServer: [Situation] = [
    Situation(
      name: "the server stops", group: .server,
      before: { world in world.pipeline.inform { $0.stopStarting() } },
      expected: { $0 == .serverStopping }),
    Situation(
      name: "the server does not know yet what runs", group: .server,
      before: { world in world.pipeline.inform { $0.state.session.awaitsRecovery = true } },
      expected: { $0 == .serverStarting }),
  ]

  static let ofPool: [Situation] = [
    Situation(
      name: "the pool is paused", group: .pool,
      before: { try $0.run(.pausePool(name: "p", origin: World.user)) },
      expected: { $0 == .poolPaused("p") }),
    Situation(
      name: "the pool is being deleted", group: .pool,
      before: { try $0.run(.pausePool(name: "p", origin: World.user)) },
      after: { world, _ in
        world.pipeline.inform { $0.state.session.cancelsPerStep = 0 }
        try world.run(.deletePool(name: "p", force: true, origin: World.user))
      },
      expected: { $0 == .poolDeleting("p") }),
  ]

  static let ofSlots: [Situation] = [
    Situation(
      name: "all slots are taken", group: .slots, isPassing: true,
      before: { world in
        try world.submit(TaskDraft(kind: "work"), TaskDraft(kind: "work"))
        try world.submit(TaskDraft(kind: "work"), TaskDraft(kind: "work", priority: 0))
      },
      expected: { cause in
        guard case .noFreeSlot("p", 2, 2, let position?) = cause else { return false }
        return position.isExact
      }),
    Situation(
      name: "the pool has lost slots", group: .slots, isPassing: true,
      before: { world in
        try world.submit(TaskDraft(kind: "work"), TaskDraft(kind: "work"))
        try world.run(
          .updatePool(name: "p", expected: nil, change: { $0.slots = 1 }, origin: World.user))
      },
      expected: { cause in
        guard case .noFreeSlot("p", 1, 2, _) = cause else { return false }
        return true
      }),
    Situation(
      name: "all slots are kept for offers", group: .slots, isPassing: true,
      before: { world in
        try world.connect("filler", kinds: ["fill"])
        try world.submit(.remote("fill"), .remote("fill"))
      },
      expected: { cause in
        guard case .noFreeSlot("p", 2, 2, _) = cause else { return false }
        return true
      }),
  ]
}

// MARK: - Takers

extension Situation {
  private static let selector = LabelSet(["gpu": "yes", "zone": "a"])

  @discardableResult
  private static func connect(
    _ world: World, _ instance: String = "w1", pools: Set<String> = [], labels: LabelSet = .none,
    credit: Int = 9
  ) throws -> WorkerID {
    try world.connect(
      instance, kinds: ["remote"], pools: pools, labels: labels, credit: credit
    ).worker
  }

  static let ofTakers: [Situation] = mismatches + hindrances

  private static let mismatches: [Situation] = [
    Situation(
      name: "nobody serves the kind", group: .takers,
      expected: { $0 == .noWorker(kind: "remote", byServer: false) }),
    Situation(
      name: "the worker that served the kind has left", group: .takers,
      before: { try $0.run(.worker(.disconnect(try connect($0)))) },
      expected: { $0 == .noWorker(kind: "remote", byServer: false) }),
    Situation(
      name: "only the server serves the kind, and labels are asked for", group: .takers,
      draft: { draft, _ in
        draft.kind = "served"
        draft.selector = LabelSet(["gpu": "yes"])
      },
      expected: { $0 == .noWorker(kind: "served", byServer: true) }),
    Situation(
      name: "the workers take tasks of another pool", group: .takers,
      before: { try connect($0, pools: ["other"]) },
      expected: { $0 == .noWorkerForPool(kind: "remote", pool: "p", workers: 1) }),
    Situation(
      name: "no worker has the label", group: .takers,
      draft: { draft, _ in draft.selector = selector },
      before: { world in
        try connect(world, "w1")
        try connect(world, "w2", labels: LabelSet(["zone": "a"]))
      },
      expected: {
        $0
          == .selectorUnmatched(kind: "remote", missing: LabelSet(["gpu": "yes"]), workers: 2)
      }),
    Situation(
      name: "the worker of the pool has other labels, the one with the labels another pool",
      group: .takers,
      draft: { draft, _ in draft.selector = selector },
      before: { world in
        try connect(world, "w1", pools: ["p"], labels: LabelSet(["gpu": "yes", "zone": "b"]))
        try connect(world, "w2", pools: ["other"], labels: selector)
      },
      expected: {
        $0
          == .selectorUnmatched(kind: "remote", missing: LabelSet(["zone": "a"]), workers: 1)
      }),
  ]

  private static let hindrances: [Situation] = [
    Situation(
      name: "the only worker is busy", group: .takers, isPassing: true,
      before: { try connect($0, credit: 0) },
      expected: { $0 == .workersBusy(kind: "remote", 1) }),
    Situation(
      name: "the workers with the labels are busy, one without is not", group: .takers,
      isPassing: true,
      draft: { draft, _ in draft.selector = selector },
      before: { world in
        try connect(world, "w1", labels: selector, credit: 0)
        try connect(world, "w2", labels: selector, credit: 0)
        try connect(world, "w3")
      },
      expected: { $0 == .workersBusy(kind: "remote", 2) }),
    Situation(
      name: "the only worker drains", group: .takers, isPassing: true,
      before: { try $0.run(.worker(.drain(try connect($0)))) },
      expected: { $0 == .workersDraining(kind: "remote", 1) }),
    Situation(
      name: "the worker of the pool drains, one of another pool does not", group: .takers,
      isPassing: true,
      before: { world in
        try world.run(.worker(.drain(try connect(world, "w1", pools: ["p"]))))
        try connect(world, "w2", pools: ["other"])
      },
      expected: { $0 == .workersDraining(kind: "remote", 1) }),
    Situation(
      name: "the only worker is silent", group: .takers, isPassing: true,
      before: { world in
        try connect(world)
        let lapsed = try world.submitOne(.remote(), to: "elsewhere")
        world.pass(.seconds(3))
        try world.cancel(lapsed)
      },
      expected: { $0 == .workersSilent(kind: "remote", 1) }),
    Situation(
      name: "the only worker has lost its stream", group: .takers,
      before: { world in
        let worker = try connect(world)
        try world.submitOne(.remote(), to: "elsewhere")
        try world.accept(world.offers())
        try world.run(.worker(.disconnect(worker)))
      },
      expected: { $0 == .workersDisconnected(kind: "remote", 1) }),
  ]
}

// MARK: - Time

extension Situation {
  private static let eve = Origin(actor: "eve", reason: "why")

  private static func isDelayed(_ cause: WaitingCause) -> Bool {
    if case .delayed = cause { true } else { false }
  }

  static let ofTime: [Situation] = due + taken

  private static let due: [Situation] = [
    Situation(
      name: "it is due after a while", group: .time,
      draft: { draft, _ in draft.start = .delay(.seconds(60)) }, expected: isDelayed),
    Situation(
      name: "it is due at a time", group: .time,
      draft: { draft, world in draft.start = .at(world.now.wall + .seconds(3_600)) },
      expected: isDelayed),
    Situation(
      name: "somebody has put it off", group: .time,
      after: { world, task in
        let later = TaskUpdate(due: .at(world.now.wall + .seconds(60)))
        try world.run(.update(task, later, expected: nil, origin: eve))
      },
      expected: isDelayed),
    Situation(
      name: "one like it has pushed its time", group: .time,
      draft: { draft, _ in
        draft.unique = UniqueClaim(rule: UniqueRule(key: "k", onConflict: .debounce))
      },
      after: { world, task in
        var next = TaskDraft(kind: "work", start: .delay(.seconds(60)))
        next.unique = UniqueClaim(rule: UniqueRule(key: "k", onConflict: .debounce))
        try world.submit(next)
      },
      expected: isDelayed),
    Situation(
      name: "its attempt failed, and the next is to come later", group: .time,
      draft: { draft, _ in draft.retry = RetryPolicy(initialBackoff: .seconds(60), jitter: 0) },
      firstAttempt: { world, lease in try world.finish(lease, World.broken) },
      expected: { cause in
        guard case .backOff(_, let failure) = cause else { return false }
        return failure.kind == .handler && failure.attempt == 1
      }),
    Situation(
      name: "a task that it depends on has not ended", group: .time,
      draft: { draft, world in draft.dependencies = [.task(blocker(in: world))] },
      expected: { cause in
        guard case .dependencies(let tasks, count: 1) = cause else { return false }
        return tasks.count == 1
      }),
    Situation(
      name: "it is held by a task that it depends on", group: .time,
      draft: { draft, world in
        draft.dependencies = [.task(blocker(in: world))]
        draft.onDependencyFailure = .hold
      },
      after: { world, task in
        let other = world.durable.tasks.dependencies[task]?.tasks.first
        if let other { try world.fail(other, retryable: false) }
      },
      expected: { cause in
        guard case .heldByDependencies(let tasks, count: 1) = cause else { return false }
        return tasks.count == 1
      }),
    Situation(
      name: "its attempt was given back for a while", group: .time,
      firstAttempt: { world, lease in
        try world.run(.worker(.release(lease, delay: .seconds(60))))
      },
      expected: isDelayed),
  ]

  /// A task that runs in another pool.
  private static func blocker(in world: World) -> TaskID {
    (try? world.submitOne(to: "elsewhere")) ?? TaskID(rawValue: 0)
  }

  private static func isPaused(_ cause: WaitingCause) -> Bool {
    guard case .paused(let origin, _) = cause else { return false }
    return origin == eve
  }

  private static let taken: [Situation] = [
    Situation(
      name: "somebody paused it", group: .time,
      after: { world, task in try world.run(.pause(task, origin: eve)) }, expected: isPaused),
    Situation(
      name: "somebody paused it while it ran", group: .time,
      firstAttempt: { world, lease in
        try world.run(.pause(lease.task, origin: eve))
        try world.run(.worker(.release(lease)))
      },
      expected: isPaused),
  ]
}
