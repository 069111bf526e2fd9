import MartletAPI
import MartletCore

// What scaling, groups and the history of pools need, in the form that log and index keep.

extension LogAPI.Scaling {
  init(_ scaling: PoolScaling) {
    self.init(
      mode: UInt32(scaling.mode.rawValue), minSlots: Int64(scaling.minSlots),
      maxSlots: Int64(scaling.maxSlots), upPercent: Int64(scaling.upPercent),
      downPercent: Int64(scaling.downPercent), oldestAge: scaling.oldestAge?.nanoseconds ?? 0,
      upCooldown: scaling.upCooldown.nanoseconds, downCooldown: scaling.downCooldown.nanoseconds)
    switch scaling.step {
    case .slots(let count): stepSlots = Int64(count)
    case .percent(let percent): stepPercent = Int64(percent)
    }
  }

  var value: PoolScaling? {
    UInt8(exactly: mode).flatMap(PoolScaling.Mode.init(rawValue:)).map {
      PoolScaling(
        mode: $0, minSlots: Int(minSlots), maxSlots: Int(maxSlots), upPercent: Int(upPercent),
        downPercent: Int(downPercent), oldestAge: Span(unlessZero: oldestAge),
        step: stepSlots != 0 ? .slots(Int(stepSlots)) : .percent(Int(stepPercent)),
        upCooldown: Span(nanoseconds: upCooldown), downCooldown: Span(nanoseconds: downCooldown))
    }
  }
}

extension LogAPI.ScalingVerdict {
  init(_ verdict: ScalingVerdict) {
    self.init(
      from: Int64(verdict.from), to: Int64(verdict.to), reason: UInt32(verdict.reason.rawValue),
      inUse: Int64(verdict.load.inUse), pending: Int64(verdict.load.pending),
      oldestAge: verdict.load.oldestAge?.nanoseconds)
  }

  var value: ScalingVerdict? {
    UInt8(exactly: reason).flatMap(ScalingReason.init(rawValue:)).map {
      ScalingVerdict(
        from: Int(from), to: Int(to), reason: $0,
        load: PoolLoad(
          inUse: Int(inUse), pending: Int(pending),
          oldestAge: oldestAge.map(Span.init(nanoseconds:))))
    }
  }
}

extension LogAPI.GroupFact {
  init(_ group: GroupRecord) {
    self.init(
      id: group.id.rawValue, name: group.name, budget: Int64(group.spec.budget),
      labels: group.spec.labels.records, specVersion: group.specVersion,
      createTime: group.createTime.nanoseconds, updateTime: group.updateTime.nanoseconds)
  }

  var value: GroupRecord {
    GroupRecord(
      id: GroupID(rawValue: id), name: name,
      spec: GroupSpec(budget: Int(budget), labels: LabelSet(records: labels)),
      specVersion: specVersion, createTime: WallTime(nanoseconds: createTime),
      updateTime: WallTime(nanoseconds: updateTime))
  }
}

extension LogAPI.GroupEventRecord {
  init(_ event: GroupEvent) {
    self.init(
      change: UInt32(event.change.rawValue), group: .init(event.record),
      origin: .init(event.origin))
  }

  var value: GroupEvent? {
    guard let change = UInt8(exactly: change).flatMap(GroupEvent.Change.init(rawValue:)),
      let group
    else { return nil }
    return GroupEvent(
      change: change, record: group.value, origin: origin?.value ?? .server)
  }
}

extension LogAPI.PoolRevision {
  /// - Parameter before: The pool before the event; nil of a new one.
  init(_ event: PoolEvent, before: PoolRecord?, at stamp: Stamp) {
    self.init(
      time: stamp.time.nanoseconds, record: .init(event),
      before: before.map {
        .init(
          pool: $0.id.rawValue, name: $0.name, spec: .init($0.spec),
          state: UInt32($0.state.rawValue), specVersion: $0.specVersion,
          slotLimit: Int64($0.slotLimit))
      })
  }
}
