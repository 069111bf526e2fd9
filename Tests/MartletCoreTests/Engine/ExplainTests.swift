import Testing

@testable import MartletCore

/// Something that keeps a task of the kind `remote` from running, and how it is told.
struct Situation: Sendable, CustomTestStringConvertible {
  /// Causes of one group exclude each other.
  enum Group: Sendable {
    case server, pool, slots, takers, time
  }

  var name: String
  var group: Group
  /// What the submission asks for.
  var draft: @Sendable (inout TaskDraft, World) -> Void = { _, _ in }
  /// Before the submission, and after it.
  var before: @Sendable (World) throws -> Void = { _ in }
  var after: @Sendable (World, TaskID) throws -> Void = { _, _ in }
  var expected: @Sendable (WaitingCause) -> Bool

  var testDescription: String { name }
}

/// Two causes at once.
struct Pair: Sendable, CustomTestStringConvertible {
  var first: Situation
  var second: Situation

  var testDescription: String { "\(first.name), \(second.name)" }
}

@Suite("Why a task does not run")
struct ExplainTests {
  /// A pool with two slots, of which filling takes both; a task of the kind `remote`.
  private static func world() throws -> World {
    let world = World(serving: ["work", "served"])
    try world.createPool(slots: 2)
    return world
  }

  private static func connect(
    _ world: World, _ instance: String = "w1", pools: Set<String> = [], labels: LabelSet = .none,
    credit: Int = 9
  ) throws -> WorkerID {
    try world.connect(
      instance, kinds: ["remote"], pools: pools, labels: labels, credit: credit
    ).worker
  }

  /// A worker that would take it, so that nothing but what is meant is in the way.
  private static func serve(_ world: World) throws { _ = try connect(world, "able") }

  static let situations: [Situation] =
    serverSituations + poolSituations + slotSituations + takerSituations + timeSituations

  static let serverSituations: [Situation] = [
    Situation(
      name: "the server stops", group: .server,
      before: { world in world.pipeline.inform { $0.stopStarting() } },
      expected: { $0 == .serverStopping })
  ]

  static let poolSituations: [Situation] = [
    Situation(
      name: "the pool is paused", group: .pool,
      before: { try $0.run(.pausePool(name: "p", origin: World.user)) },
      expected: { $0 == .poolPaused("p") })
  ]

  static let slotSituations: [Situation] = [
    Situation(
      name: "all slots are taken", group: .slots,
      before: { world in
        try world.submit(TaskDraft(kind: "work"), TaskDraft(kind: "work"))
        try world.submit(TaskDraft(kind: "work"), TaskDraft(kind: "work", priority: 0))
      },
      expected: { cause in
        guard case .noFreeSlot("p", 2, 2, let position?) = cause else { return false }
        return position.isExact
      }),
    Situation(
      name: "the pool has lost slots", group: .slots,
      before: { world in
        try world.submit(TaskDraft(kind: "work"), TaskDraft(kind: "work"))
        try world.run(
          .updatePool(name: "p", expected: nil, change: { $0.slots = 1 }, origin: World.user))
      },
      expected: { cause in
        guard case .noFreeSlot("p", 1, 2, _) = cause else { return false }
        return true
      }),
  ]

  static let takerSituations: [Situation] = [
    Situation(
      name: "nobody serves the kind", group: .takers,
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
      before: { _ = try connect($0, pools: ["other"]) },
      expected: { $0 == .noWorkerForPool(kind: "remote", pool: "p", workers: 1) }),
    Situation(
      name: "no worker has the label", group: .takers,
      draft: { draft, _ in draft.selector = LabelSet(["gpu": "yes", "zone": "a"]) },
      before: { world in
        _ = try connect(world, "w1")
        _ = try connect(world, "w2", labels: LabelSet(["zone": "a"]))
      },
      expected: {
        $0
          == .selectorUnmatched(kind: "remote", missing: LabelSet(["gpu": "yes"]), workers: 2)
      }),
    Situation(
      name: "the only worker is busy", group: .takers,
      before: { _ = try connect($0, credit: 0) },
      expected: { $0 == .workersBusy(kind: "remote", 1) }),
    Situation(
      name: "the only worker drains", group: .takers,
      before: { try $0.run(.worker(.drain(try connect($0)))) },
      expected: { $0 == .workersDraining(kind: "remote", 1) }),
    Situation(
      name: "the only worker is silent", group: .takers,
      before: { world in
        _ = try connect(world)
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

  static let timeSituations: [Situation] = [
    Situation(
      name: "it is due later", group: .time,
      draft: { draft, _ in draft.start = .delay(.seconds(5)) },
      expected: { cause in
        guard case .delayed = cause else { return false }
        return true
      }),
    Situation(
      name: "somebody paused it", group: .time,
      after: { world, task in
        try world.run(.pause(task, origin: Origin(actor: "eve", reason: "why")))
      },
      expected: { cause in
        guard case .paused(let origin, _) = cause else { return false }
        return origin == Origin(actor: "eve", reason: "why")
      }),
  ]

  private static func submit(_ situations: [Situation]) throws -> (World, TaskID) {
    let world = try world()
    try world.createPool("elsewhere", slots: 5)
    let needsServing = !situations.contains { $0.group == .takers }
    if needsServing { try serve(world) }
    // What needs a server that starts tasks comes first.
    let ordered = situations.sorted { $0.rank < $1.rank }
    for situation in ordered { try situation.before(world) }
    var draft = TaskDraft.remote()
    for situation in ordered { situation.draft(&draft, world) }
    let task = try world.submitOne(draft)
    for situation in ordered { try situation.after(world, task) }
    return (world, task)
  }

  // MARK: - One

  @Test("each cause alone is the only one that is told", arguments: situations)
  func alone(_ situation: Situation) throws {
    let (world, task) = try Self.submit([situation])
    let causes = try world.explain(task)
    #expect(causes.count == 1, "\(causes)")
    #expect(causes.first.map(situation.expected) == true, "\(causes)")
    for cause in causes {
      #expect(!cause.text.isEmpty && !cause.remedy.isEmpty)
    }
  }

  // MARK: - Two

  static let pairs: [Pair] = situations.enumerated().flatMap { index, first in
    situations[(index + 1)...].filter { $0.group != first.group }
      .map { Pair(first: first, second: $0) }
  }

  @Test("two causes at once are both told, and no other", arguments: pairs)
  func together(_ pair: Pair) throws {
    let (world, task) = try Self.submit([pair.first, pair.second])
    let causes = try world.explain(task)
    // A task that is not due, or is paused, waits for no slot yet.
    let both = [pair.first, pair.second].filter { situation in
      situation.isTold(of: [pair.first, pair.second])
    }
    #expect(causes.count == both.count, "\(causes)")
    for situation in both { #expect(causes.contains(where: situation.expected), "\(causes)") }
  }
}

extension Situation {
  /// What needs slots and a server that starts tasks comes first.
  fileprivate var rank: Int {
    switch group {
    case .slots: 0
    case .takers: 1
    case .time: 2
    case .pool: 3
    case .server: 4
    }
  }

  /// Of a task that is not PENDING only what lasts is told.
  fileprivate func isTold(of all: [Self]) -> Bool {
    guard all.contains(where: { $0.group == .time }) else { return true }
    let passing: Set = [
      "the only worker is busy", "the only worker drains", "the only worker is silent",
    ]
    return group != .slots && !passing.contains(name)
  }
}
