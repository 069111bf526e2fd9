/// The number of a group: given at its creation, never given again.
package struct GroupID: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static func < (a: GroupID, b: GroupID) -> Bool { a.rawValue < b.rawValue }
}

/// What the owner of a group decides.
package struct GroupSpec: Hashable, Sendable {
  /// Slots that its pools use together at most: 1 to 1,000,000.
  package var budget: Int
  package var labels: LabelSet

  package init(budget: Int, labels: LabelSet = .none) {
    self.budget = budget
    self.labels = labels
  }
}

/// A group of pools that share a budget of slots. Which pools are in it, their specs say.
package struct GroupRecord: Hashable, Sendable {
  package var id: GroupID
  package var name: String
  package var spec: GroupSpec
  /// Rises by one with each change of the spec.
  package var specVersion: UInt32
  package var createTime: WallTime
  package var updateTime: WallTime

  package var version: GroupVersion { GroupVersion(group: id, specVersion: specVersion) }

  package init(
    id: GroupID, name: String, spec: GroupSpec, specVersion: UInt32 = 1, createTime: WallTime,
    updateTime: WallTime
  ) {
    self.id = id
    self.name = name
    self.spec = spec
    self.specVersion = specVersion
    self.createTime = createTime
    self.updateTime = updateTime
  }
}

/// One version of the spec of one group.
package struct GroupVersion: Hashable, Sendable {
  package var group: GroupID
  package var specVersion: UInt32

  package init(group: GroupID, specVersion: UInt32) {
    self.group = group
    self.specVersion = specVersion
  }
}

package struct GroupEvent: Hashable, Sendable {
  package enum Change: UInt8, Hashable, Sendable, CaseIterable {
    case created = 1
    case updated = 2
    case deleted = 3
  }

  package var change: Change
  /// After the event.
  package var record: GroupRecord
  package var origin: Origin

  package init(change: Change, record: GroupRecord, origin: Origin) {
    self.change = change
    self.record = record
    self.origin = origin
  }
}

package enum GroupCommand: Sendable {
  case create(name: String, GroupSpec, origin: Origin)
  /// Nothing is changed unless the group is at the expected version, if one is.
  case update(
    name: String, expected: GroupVersion?, change: @Sendable (inout GroupSpec) -> Void,
    origin: Origin)
  case delete(name: String, origin: Origin)
}

/// What a pool's spec is to be again.
package struct PoolRollback: Hashable, Sendable {
  package var name: String
  /// Whose revision it is: another pool of that name has none of its revisions.
  package var pool: PoolID
  package var revision: Revision
  package var spec: PoolSpec
  package var expected: PoolVersion?

  package init(
    name: String, pool: PoolID, revision: Revision, spec: PoolSpec, expected: PoolVersion? = nil
  ) {
    self.name = name
    self.pool = pool
    self.revision = revision
    self.spec = spec
    self.expected = expected
  }
}

/// A group as somebody sees it, with what its pools use.
package struct GroupView: Hashable, Sendable {
  package struct Member: Hashable, Sendable {
    package var pool: String
    package var minimum: Int
    package var slotLimit: Int
    package var inUse: Int
    /// What it lacks of its guarantee and has tasks for.
    package var owed: Int
    /// PENDING tasks that have no slot.
    package var pending: Int
  }

  package var record: GroupRecord
  package var inUse: Int
  package var owed: Int
  package var guaranteed: Int
  /// By name.
  package var members: [Member]
}

/// The groups that there are.
package struct GroupTable: Hashable, Sendable {
  package private(set) var records: [GroupID: GroupRecord] = [:]
  package private(set) var last = GroupID(rawValue: 0)
  private var names: [String: GroupID] = [:]

  package init() {}

  package init(_ records: [GroupRecord], last: GroupID) {
    for record in records {
      self.records[record.id] = record
      names[record.name] = record.id
    }
    self.last = last
  }

  package subscript(id: GroupID) -> GroupRecord? { records[id] }

  package subscript(named name: String) -> GroupRecord? { names[name].flatMap { records[$0] } }

  var count: Int { records.count }

  var nextID: GroupID { GroupID(rawValue: last.rawValue + 1) }

  /// By name.
  package var all: [GroupRecord] {
    records.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  mutating func evolve(_ event: GroupEvent) {
    let record = event.record
    switch event.change {
    case .created:
      last = record.id
      names[record.name] = record.id
      records[record.id] = record
    case .updated: records[record.id] = record
    case .deleted:
      names[record.name] = nil
      records[record.id] = nil
    }
  }
}
