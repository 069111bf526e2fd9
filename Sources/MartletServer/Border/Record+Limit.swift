import MartletAPI
import MartletCore

// Limits, and what has been taken of them, in the form that log and index keep.

extension LogAPI.LimitKey {
  init(_ key: LimitKey) { self.init(limit: key.limit.rawValue, key: key.key) }

  var value: LimitKey { LimitKey(limit: LimitID(rawValue: limit), key: key) }
}

extension LogAPI.TaskPermits {
  init(_ permits: TaskPermits) {
    self.init(
      takes: permits.takes.map { .init($0) }, keptUntil: permits.keptUntil?.nanoseconds)
  }

  var value: TaskPermits {
    TaskPermits(
      takes: takes.map(\.value), keptUntil: keptUntil.map(Elapsed.init(nanoseconds:)))
  }
}

extension LogAPI.LimitSpec {
  init(_ spec: LimitSpec) {
    self.init(pools: spec.pools, kinds: spec.kinds, keyLabel: spec.keyLabel)
    switch spec.rule {
    case .rate(let units, let per, let burst):
      (sort, self.units, span, self.burst) = (1, Int64(units), per.nanoseconds, Int64(burst))
    case .window(let units, let length):
      (sort, self.units, span) = (2, Int64(units), length.nanoseconds)
    case .concurrency(let units): (sort, self.units) = (3, Int64(units))
    }
  }

  /// nil if it makes no sense.
  var value: LimitSpec? {
    let rule: LimitRule
    switch sort {
    case 1:
      rule = .rate(units: Int(units), per: Span(nanoseconds: span), burst: Int(burst))
    case 2: rule = .window(units: Int(units), length: Span(nanoseconds: span))
    case 3: rule = .concurrency(units: Int(units))
    default: return nil
    }
    return LimitSpec(rule: rule, pools: pools, kinds: kinds, keyLabel: keyLabel)
  }
}

extension LogAPI.LimitFact {
  init(_ record: LimitRecord) {
    self.init(
      id: record.id.rawValue, name: record.name, spec: .init(record.spec),
      specVersion: record.specVersion, createTime: record.createTime.nanoseconds,
      updateTime: record.updateTime.nanoseconds, origin: .init(record.origin))
  }

  /// nil if it makes no sense.
  var value: LimitRecord? {
    guard let spec = spec?.value else { return nil }
    return LimitRecord(
      id: LimitID(rawValue: id), name: name, spec: spec, specVersion: specVersion,
      createTime: WallTime(nanoseconds: createTime),
      updateTime: WallTime(nanoseconds: updateTime), origin: origin?.value ?? .server)
  }
}

extension LogAPI.PermitFact {
  init(_ record: PermitRecord) {
    self.init(
      token: record.id.token.rawValue, limit: record.id.limit.rawValue, key: record.key,
      units: Int64(record.units), owner: record.owner, lease: record.lease.nanoseconds,
      request: record.request, task: record.task?.rawValue ?? 0,
      keptUntil: record.keptUntil?.nanoseconds, acquireTime: record.acquireTime.nanoseconds)
  }

  var value: PermitRecord {
    PermitRecord(
      id: PermitID(token: Revision(token), limit: LimitID(rawValue: limit)), key: key,
      units: Int(units), owner: owner, lease: Span(nanoseconds: lease), request: request,
      task: task == 0 ? nil : TaskID(rawValue: task),
      keptUntil: keptUntil.map(Elapsed.init(nanoseconds:)),
      acquireTime: WallTime(nanoseconds: acquireTime))
  }
}

extension LogAPI.LimitStateFact {
  /// nil of what the index need not keep: what is held, others say.
  init?(_ key: LimitKey, _ state: LimitState) {
    self.init(key: .init(key))
    switch state {
    case .rate(let fullAt): self.fullAt = fullAt.nanoseconds
    case .window(let grants):
      times = grants.runs.map(\.at.nanoseconds)
      units = grants.runs.map { UInt32(clamping: $0.units) }
    case .held: return nil
    }
  }

  /// nil if it makes no sense.
  var value: (key: LimitKey, state: LimitState)? {
    guard let key = key?.value else { return nil }
    if let fullAt { return (key, .rate(fullAt: Elapsed(nanoseconds: fullAt))) }
    guard times.count == units.count else { return nil }
    let runs = zip(times, units).map {
      WindowGrants.Run(at: Elapsed(nanoseconds: $0), units: Int($1))
    }
    return (key, .window(WindowGrants(runs: runs)))
  }
}

extension LogAPI.LimitEventRecord {
  init(_ event: LimitEvent) {
    switch event {
    case .limit(let change, let record, let origin):
      self.init(
        change: UInt32(change.rawValue), limit: .init(record), origin: .init(origin))
    case .permits(let change, let record, let origin):
      self.init(
        change: UInt32(change.rawValue), permits: .init(record), origin: .init(origin))
    }
  }

  /// nil if it makes no sense: the log is damaged.
  var value: LimitEvent? {
    guard let number = UInt8(exactly: change) else { return nil }
    let origin = origin?.value ?? .server
    if let change = LimitEvent.Change(rawValue: number), let record = limit?.value {
      return .limit(change, record, origin)
    }
    if let change = LimitEvent.PermitChange(rawValue: number), let permits {
      return .permits(change, permits.value, origin)
    }
    return nil
  }
}
