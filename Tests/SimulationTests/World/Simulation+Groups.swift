import MartletAPI
import MartletProtobuf
import MartletStore

@testable import MartletCore
@testable import MartletServer

/// What operators do with groups and with the history of pools, and what must hold of shares.
extension Simulation {
  /// The one that most pools are in.
  func createGroup() {
    let budget = Int.random(in: 2...5, using: &random)
    send(.group(.create(name: "g", GroupSpec(budget: budget), origin: .client)))
  }

  func changeGroup() {
    let name = chance(1, of: 15) ? "nowhere" : randomGroup()
    let budget = Int.random(in: 1...6, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<4:
      send(.group(.create(name: name, GroupSpec(budget: budget), origin: .client)))
    case 4..<8:
      let expected = chance(1, of: 2) ? nil : checker.model.groups[name]?.version
      send(
        .group(
          .update(
            name: name, expected: expected, change: { $0.budget = budget }, origin: .client)))
    case 8: node.add(.query(chance(1, of: 2) ? .groups : .group(name)))
    case 9 where chance(1, of: 2): node.add(.query(.pools))
    default: send(.group(.delete(name: name, origin: .client)))
    }
  }

  func randomGroup() -> String { chance(5, of: 6) ? "g" : "h" }

  /// To any revision that the index has, as the service does; some come late.
  func rollBack() throws(Violation) {
    let name = randomPool()
    guard let pool = checker.model.pool(named: name) else { return }
    let rows = try storing { () throws(StoreFailure) in
      try index.poolRevisions(of: pool.id, through: Revision(.max >> 1), limit: 20)
    }
    guard let row = rows.randomElement(using: &random),
      let spec = try? LogAPI.PoolRevision(protobufBytes: row.bytes).record?.value?.spec
    else { return }
    let rollback = PoolRollback(
      name: name, pool: pool.id, revision: row.revision, spec: spec,
      expected: chance(1, of: 3) ? pool.version : nil)
    sendOrKeep(.rollbackPool(rollback, origin: .client))
  }

  /// Bounds, group or guarantee alone, as operators do.
  func scalePool() {
    let (scaling, group) = (randomScaling(), randomGroup())
    let minimum = Int.random(in: 0...4, using: &random)
    let kind = Int.random(in: 0..<4, using: &random)
    send(
      .updatePool(
        name: randomPool(), expected: nil,
        change: { spec in
          switch kind {
          case 0, 1: spec.scaling = scaling
          case 2: spec.group = group
          default: spec.groupMinimum = minimum
          }
        }, origin: .client))
  }

  func randomScaling() -> PoolScaling? {
    guard chance(2, of: 3) else { return nil }
    let low = Int.random(in: 1...3, using: &random)
    let up = [50, 80, 100, 300].randomElement(using: &random) ?? 80
    return PoolScaling(
      mode: chance(1, of: 6) ? .off : chance(1, of: 3) ? .dryRun : .on, minSlots: low,
      maxSlots: low + Int.random(in: 0...4, using: &random), upPercent: up,
      downPercent: [0, 20, 49].randomElement(using: &random) ?? 20,
      oldestAge: chance(1, of: 2)
        ? .milliseconds(Int64.random(in: 1...3_000, using: &random)) : nil,
      step: chance(1, of: 2) ? .slots(1 + (chance(1, of: 2) ? 2 : 0)) : .percent(60),
      upCooldown: .milliseconds(Int64.random(in: 0...4_000, using: &random)),
      downCooldown: .milliseconds(Int64.random(in: 0...4_000, using: &random)))
  }

  /// What is kept up with each event is what a count would give.
  func checkShares() throws(Violation) {
    let engine = node.pipeline.engine
    let (catalog, session) = (engine.state.durable.catalog, engine.state.session)
    guard !session.awaitsRecovery, session.startsTasks else { return }
    var inUse: [GroupID: Int] = [:]
    var owed: [GroupID: Int] = [:]
    for pool in catalog.pools.values where pool.state != .retired {
      let group = catalog.groups[named: pool.spec.group]?.id
      let share = session.shares[pool.id]
      try require(share?.group == group, "\(pool.name) is counted in another group")
      guard let group, let share else { continue }
      let taken = engine.slotsTaken(in: pool.id)
      let ready = engine.readyCount(in: pool.id)
      let isOpen = pool.state == .active || pool.state == .draining
      let lacking = min(pool.spec.groupMinimum, pool.slotLimit) - taken
      let isLeft = session.starved.contains(pool.id) || !isOpen
      try require(
        share.inUse == taken && share.owed == (isLeft ? 0 : max(0, min(lacking, ready))),
        "\(pool.name) counts as \(share), \(taken) are taken, \(ready) ready")
      inUse[group, default: 0] += taken
      owed[group, default: 0] += share.owed
    }
    for group in catalog.groups.all {
      try require(
        session.shares[group.id].inUse == inUse[group.id] ?? 0
          && session.shares[group.id].owed == owed[group.id] ?? 0,
        "\(group.name) counts otherwise than its pools")
    }
  }
}
