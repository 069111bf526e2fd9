/// Groups as somebody makes, changes and sees them.
extension Engine {
  func group(named name: String) throws(Refusal) -> GroupRecord {
    guard let group = catalog.groups[named: name] else { throw .groupNotFound(name) }
    return group
  }

  func decideGroup(_ command: GroupCommand, at now: Instant) throws(Refusal) -> Decision {
    switch command {
    case .create(let name, let spec, let origin):
      if catalog.groups[named: name] != nil { throw .groupExists(name) }
      let limit = state.session.limits.groups
      if catalog.groups.count >= limit { throw .memoryPressure(what: "groups", limit: limit) }
      let time = max(now.wall, catalog.stamp.time)
      let record = GroupRecord(
        id: catalog.groups.nextID, name: name, spec: spec, createTime: time, updateTime: time)
      return decided(.created, record, origin)
    case .update(let name, let expected, let change, let origin):
      return try decideUpdate(name, expected: expected, change: change, origin: origin, at: now)
    case .delete(let name, let origin):
      let group = try group(named: name)
      let pools = pools(in: group).map(\.name).sorted()
      if !pools.isEmpty {
        throw .groupNotEmpty(
          name, pools: Array(pools.prefix(Self.namedPoolsMax)), count: pools.count)
      }
      return decided(.deleted, group, origin)
    }
  }

  private static let namedPoolsMax = 10

  private func decideUpdate(
    _ name: String, expected: GroupVersion?, change: (inout GroupSpec) -> Void, origin: Origin,
    at now: Instant
  ) throws(Refusal) -> Decision {
    var group = try group(named: name)
    if let expected, expected != group.version { throw .groupEtagMismatch(name) }
    let before = group.spec
    change(&group.spec)
    if group.spec == before { return Decision([], .group(view(of: group))) }
    let guaranteed = guaranteed(in: group, besides: nil)
    if guaranteed > group.spec.budget {
      throw .groupBudgetExceeded(name, budget: group.spec.budget, guaranteed: guaranteed)
    }
    group.specVersion += 1
    group.updateTime = max(now.wall, catalog.stamp.time)
    return decided(.updated, group, origin)
  }

  private func decided(
    _ change: GroupEvent.Change, _ record: GroupRecord, _ origin: Origin
  ) -> Decision {
    Decision(
      [.group(GroupEvent(change: change, record: record, origin: origin))],
      .group(view(of: record)))
  }

  // MARK: - Pools of a group

  /// All that are not gone, in no order.
  private func pools(in group: GroupRecord) -> [PoolRecord] {
    catalog.pools.values.filter { $0.spec.group == group.name && $0.state != .retired }
  }

  /// What its pools are guaranteed together; a pool that is being deleted has no claim any more.
  func guaranteed(in group: GroupRecord, besides pool: PoolID?) -> Int {
    pools(in: group).reduce(0) { sum, member in
      member.id == pool || member.state == .deleting ? sum : sum + member.spec.groupMinimum
    }
  }

  // MARK: - Views

  func view(of group: GroupRecord) -> GroupView { view(of: group, pools: pools(in: group)) }

  func groupViews() -> [GroupView] {
    let pools = Dictionary(
      grouping: catalog.pools.values.filter { $0.state != .retired }, by: \.spec.group)
    return catalog.groups.all.map { view(of: $0, pools: pools[$0.name] ?? []) }
  }

  private func view(of group: GroupRecord, pools: [PoolRecord]) -> GroupView {
    let members = pools.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }.map {
      GroupView.Member(
        pool: $0.name, minimum: $0.spec.groupMinimum, slotLimit: $0.slotLimit,
        inUse: slotsTaken(in: $0.id), owed: state.session.shares[$0.id]?.owed ?? 0,
        pending: readyCount(in: $0.id))
    }
    return GroupView(
      record: group, inUse: members.reduce(0) { $0 + $1.inUse },
      owed: members.reduce(0) { $0 + $1.owed },
      guaranteed: pools.reduce(0) { $0 + ($1.state == .deleting ? 0 : $1.spec.groupMinimum) },
      members: members)
  }
}
