import MartletAPI
import MartletCore

extension API.PoolScaling {
  init(_ scaling: PoolScaling) {
    self.init(
      mode: .init(scaling.mode), minSlots: Int32(clamping: scaling.minSlots),
      maxSlots: Int32(clamping: scaling.maxSlots), upPercent: Int32(clamping: scaling.upPercent),
      downPercent: Int32(clamping: scaling.downPercent),
      oldestAge: scaling.oldestAge.map { .init($0) }, step: .init(scaling.step),
      upCooldown: .init(scaling.upCooldown), downCooldown: .init(scaling.downCooldown))
  }
}

extension API.PoolScaling.OneOf_Step {
  fileprivate init(_ step: PoolScaling.Step) {
    switch step {
    case .slots(let count): self = .stepSlots(Int32(clamping: count))
    case .percent(let percent): self = .stepPercent(Int32(clamping: percent))
    }
  }
}

extension API.PoolScalingMode {
  init(_ mode: PoolScaling.Mode) { self = .init(rawValue: Int32(mode.rawValue)) }
}

extension API.PoolScalingVerdict {
  init(_ verdict: ScalingVerdict, mode: PoolScaling.Mode?, coolsUntil: WallTime? = nil) {
    self.init(
      fromSlots: Int32(clamping: verdict.from), toSlots: Int32(clamping: verdict.to),
      reason: .init(rawValue: Int32(verdict.reason.rawValue)),
      usePercent: Int32(clamping: verdict.load.usePercent(of: verdict.from)),
      slotsInUse: Int32(clamping: verdict.load.inUse), pending: Int64(verdict.load.pending),
      oldestAge: verdict.load.oldestAge.map { .init($0) },
      coolingUntil: coolsUntil.map { .init($0) }, mode: mode.map { .init($0) } ?? .unspecified)
  }
}

// MARK: - Groups

extension API.Group {
  init(_ view: GroupView, membersMax: Int = .max) {
    self.init(view.record)
    status = .init(
      slotsInUse: Int32(clamping: view.inUse), slotsGuaranteed: Int32(clamping: view.guaranteed),
      slotsOwed: Int32(clamping: view.owed),
      pools: view.members.prefix(membersMax).map { .init($0) })
  }

  /// Without what its pools use.
  init(_ record: GroupRecord) {
    self.init(
      name: record.name, spec: .init(record.spec), etag: GroupEtag.text(record.version),
      createTime: .init(record.createTime), updateTime: .init(record.updateTime))
  }
}

extension API.GroupSpec {
  init(_ spec: GroupSpec) {
    self.init(budget: Int32(clamping: spec.budget), labels: spec.labels.dictionary)
  }
}

extension API.GroupMember {
  fileprivate init(_ member: GroupView.Member) {
    let minimum = min(member.minimum, member.slotLimit)
    self.init(
      pool: member.pool, minimum: Int32(clamping: member.minimum),
      slotsLimit: Int32(clamping: member.slotLimit), slotsInUse: Int32(clamping: member.inUse),
      slotsOwed: Int32(clamping: member.owed),
      slotsLent: Int32(clamping: max(0, minimum - member.inUse - member.owed)),
      slotsBorrowed: Int32(clamping: max(0, member.inUse - minimum)),
      pending: Int64(member.pending))
  }
}

/// Opaque to callers: changes with the spec of one group, and is another's never.
enum GroupEtag {
  static func text(_ version: GroupVersion) -> String {
    "g\(version.specVersion)-\(version.group.rawValue)"
  }

  /// Takes exactly what `text` gives; nil for anything else.
  static func version(of text: String) -> GroupVersion? {
    let parts = text.dropFirst().split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = UInt32(parts[0]), let group = UInt32(parts[1]) else {
      return nil
    }
    let version = GroupVersion(group: GroupID(rawValue: group), specVersion: number)
    return self.text(version) == text ? version : nil
  }
}

// MARK: - History

extension API.PoolRevision {
  /// nil if the record makes no sense: the index is damaged.
  init?(_ record: LogAPI.PoolRevision, revision: Revision) {
    guard let event = record.record?.value, let after = record.record.flatMap(API.PoolForm.init)
    else { return nil }
    self.init(
      revision: revision.rawValue, time: .init(WallTime(nanoseconds: record.time)),
      type: .init(rawValue: Int32(event.change.rawValue)), actor: event.origin.actor,
      reason: event.origin.reason, before: record.before.flatMap(API.PoolForm.init), after: after,
      scaling: event.scaling.map { .init($0, mode: event.spec.scaling?.mode) },
      restoredRevision: event.restored?.rawValue ?? 0)
  }
}

extension API.PoolForm {
  /// What of a record says what the pool is.
  fileprivate init?(_ record: LogAPI.PoolRecord) {
    guard let spec = record.spec?.value,
      let state = UInt8(exactly: record.state).flatMap(PoolState.init(rawValue:))
    else { return nil }
    let version = PoolVersion(
      pool: PoolID(rawValue: record.pool), specVersion: record.specVersion)
    self.init(
      spec: .init(spec), state: .init(state),
      slotsLimit: record.slotLimit == 0
        ? Int32(clamping: spec.startLimit) : Int32(clamping: record.slotLimit),
      etag: PoolEtag.text(version))
  }
}
