import MartletAPI
import MartletProtobuf
import MartletStore

@testable import MartletCore
@testable import MartletServer

/// Refusals about groups and rollbacks, and the history that the index keeps.
extension Checker {
  func isJustOfGroup(_ refusal: Refusal, _ command: Command) -> Bool {
    switch refusal {
    case .groupNotFound(let name): return model.groups[name] == nil
    case .groupExists(let name): return model.groups[name] != nil
    case .groupNotEmpty(let name, let pools, let count):
      let members = members(of: name).map(\.name).sorted()
      return !members.isEmpty && members.count == count && pools == Array(members.prefix(10))
    case .groupBudgetExceeded(let name, let budget, let guaranteed):
      return guaranteed > budget && isBudget(budget, of: name, after: command)
        && guaranteed == self.guaranteed(in: name, after: command)
    case .etagMismatch(let name):
      if case .rollbackPool(let rollback, _) = command {
        return rollback.expected != model.pool(named: name)?.version
      }
      guard case .updatePool(_, let expected, _, _) = command else { return false }
      return expected != model.pool(named: name)?.version
    case .groupEtagMismatch(let name):
      guard case .group(.update(_, let expected, _, _)) = command else { return false }
      return expected != model.groups[name]?.version
    case .poolRevisionNotFound(let name, _):
      guard case .rollbackPool(let rollback, _) = command else { return false }
      return model.names[name] != rollback.pool
    case .poolSpecInvalid: return spec(after: command)?.problem != nil
    default: return false
    }
  }

  private func members(of group: String) -> [ModelPool] {
    model.pools.values.filter { $0.spec.group == group && $0.state != .retired }
  }

  private func isBudget(_ budget: Int, of name: String, after command: Command) -> Bool {
    guard var spec = model.groups[name]?.spec else { return false }
    if case .group(.update(_, _, let change, _)) = command { change(&spec) }
    return spec.budget == budget
  }

  private func guaranteed(in group: String, after command: Command) -> Int {
    var sum = 0
    let name = command.poolName
    for pool in members(of: group) where pool.state != .deleting && pool.name != name {
      sum += pool.spec.groupMinimum
    }
    return sum + (spec(after: command)?.groupMinimum ?? 0)
  }

  private func spec(after command: Command) -> PoolSpec? {
    switch command {
    case .createPool(_, let spec, _): return spec
    case .updatePool(let name, _, let change, _):
      guard var spec = model.pool(named: name)?.spec else { return nil }
      change(&spec)
      return spec
    case .rollbackPool(let rollback, _): return rollback.spec
    default: return nil
    }
  }

  /// Of each pool the newest changes by hand, and the newest that scaling made.
  func compareHistories(in index: any TaskIndex, kept: Int) throws(Violation) {
    for pool in model.pools.values {
      let rows = try storing { () throws(StoreFailure) in
        try index.poolRevisions(of: pool.id, through: model.revision, limit: 10_000)
      }
      if pool.state == .retired {
        try require(rows.isEmpty, "the history of \(pool.name) outlives it")
        continue
      }
      var found: [PoolEvent.Change] = []
      for row in rows.reversed() {
        let record = try? LogAPI.PoolRevision(protobufBytes: row.bytes)
        guard let event = record?.record?.value else {
          throw Violation(description: "a revision of \(pool.name) cannot be read")
        }
        try require(
          row.isByScaling == (event.change == .scaled)
            && (record?.before == nil) == (event.change == .created),
          "revision \(row.revision) of \(pool.name) says something else")
        try require(
          pool.history.contains { $0.revision == row.revision && $0.spec == event.spec },
          "\(pool.name) was never as its history says")
        found.append(event.change)
      }
      let scaled = pool.changes.count { $0 == .scaled }
      try require(
        found.count { $0 == .scaled } == min(kept, scaled)
          && found.filter { $0 != .scaled }
            == Array(pool.changes.filter { $0 != .scaled }.suffix(kept)),
        "the history of \(pool.name) is \(found), it was \(pool.changes)")
    }
  }
}

extension Command {
  /// The pool whose spec it changes.
  fileprivate var poolName: String? {
    switch self {
    case .createPool(let name, _, _), .updatePool(let name, _, _, _): name
    case .rollbackPool(let rollback, _): rollback.name
    default: nil
    }
  }
}
