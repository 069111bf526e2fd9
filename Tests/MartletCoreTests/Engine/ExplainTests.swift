import Testing

@testable import MartletCore

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

  /// A worker that would take it, so that nothing but what is meant is in the way.
  private static func serve(_ world: World) throws {
    try world.connect("able", kinds: ["remote"], credit: 9)
  }

  private static func submit(_ situations: [Situation]) throws -> (World, TaskID) {
    let world = try world()
    try world.createPool("elsewhere", slots: 5)
    let ordered = situations.sorted { $0.group.rawValue < $1.group.rawValue }
    var draft = TaskDraft.remote()
    for situation in ordered { situation.draft(&draft, world) }
    let tried = try tryOnce(draft, ordered, in: world)
    if !situations.contains(where: { $0.group == .takers }) { try serve(world) }
    for situation in ordered { try situation.before(world) }
    let task = try tried ?? world.submitOne(draft)
    for situation in ordered { try situation.after(world, task) }
    return (world, task)
  }

  /// The task, if one of the situations begins with an attempt.
  private static func tryOnce(
    _ draft: TaskDraft, _ situations: [Situation], in world: World
  ) throws -> TaskID? {
    guard let end = situations.lazy.compactMap(\.firstAttempt).first else { return nil }
    let worker = try world.connect(
      "first", kinds: ["remote", "served"], labels: LabelSet(["gpu": "yes", "zone": "a"]))
    let task = try world.submitOne(draft)
    let offer = try #require(world.offers().first)
    try world.accept([offer])
    try end(world, offer.lease)
    try world.run(.worker(.disconnect(worker.worker)))
    return task
  }

  // MARK: - One

  @Test("each cause alone is the only one that is told", arguments: Situation.all)
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

  static let pairs: [Pair] = Situation.all.enumerated().flatMap { index, first in
    Situation.all[(index + 1)...].filter { $0.group != first.group }
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
  /// Of a task that is not PENDING only what lasts is told.
  fileprivate func isTold(of all: [Self]) -> Bool {
    !isPassing || !all.contains { $0.group == .time }
  }
}
