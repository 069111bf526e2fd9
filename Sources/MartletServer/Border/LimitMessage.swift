import MartletAPI
import MartletCore

extension API.NamedLimit {
  /// As an event tells it.
  init(_ record: LimitRecord) {
    self.init(
      name: record.name, spec: .init(record.spec), etag: LimitEtag.text(record.version),
      createTime: .init(record.createTime), updateTime: .init(record.updateTime),
      actor: record.origin.actor, reason: record.origin.reason)
  }

  /// With what no event says, as seen at an instant.
  init(_ view: LimitView, at now: Instant) {
    self.init(view.record)
    status = .init(
      key: view.key, available: Int64(view.available), inUse: Int64(view.inUse),
      waitingCalls: Int64(view.waitingCalls), waitingTasks: Int64(view.waitingTasks),
      nextTime: view.nextFree.map { .init(now.wall + ($0 - now.elapsed)) },
      keys: Int64(view.keys), runningTasks: Int64(view.runningTasks),
      holders: view.holders.map { holder in
        var permits = API.Permits(holder.record, limit: view.record.name)
        permits.expireTime = .init(now.wall + (holder.expires - now.elapsed))
        return permits
      })
  }
}

extension API.LimitSpec {
  init(_ spec: LimitSpec) {
    self.init(pools: spec.pools, kinds: spec.kinds, keyLabel: spec.keyLabel)
    switch spec.rule {
    case .rate(let units, let per, let burst):
      rule = .rate(.init(units: Int64(units), per: .init(per), burst: Int64(burst)))
    case .window(let units, let length):
      rule = .window(.init(units: Int64(units), length: .init(length)))
    case .concurrency(let units): rule = .concurrency(.init(units: Int64(units)))
    }
  }
}

extension API.Permits {
  init(_ record: PermitRecord, limit: String) {
    self.init(
      limit: limit, key: record.key, units: Int64(record.units), owner: record.owner,
      token: record.id.token.rawValue,
      lease: record.lease > .zero ? .init(record.lease) : nil,
      acquireTime: .init(record.acquireTime), taskId: record.task?.description ?? "")
  }

  init(_ view: PermitView, at now: Instant) {
    self.init(view.record, limit: view.limit)
    expireTime = view.expires.map { .init(now.wall + ($0 - now.elapsed)) }
    available = Int64(view.available)
  }
}

extension API.Event {
  mutating func set(_ event: LimitEvent, catalog: Catalog) {
    actor = event.origin.actor
    reason = event.origin.reason
    switch event {
    case .limit(let change, let record, _):
      switch change {
      case .created: type = .limitCreated
      case .updated: type = .limitUpdated
      case .deleted: type = .limitDeleted
      }
      limit = .init(record)
    case .permits(let change, let record, _):
      switch change {
      case .granted: type = .limitPermitsGranted
      case .released: type = .limitPermitsReleased
      case .expired: type = .limitPermitsExpired
      }
      permits = .init(record, limit: catalog.limits[record.id.limit]?.name ?? "")
    }
  }
}

/// Opaque to callers: changes with the spec of one limit, and is another's never.
enum LimitEtag {
  static func text(_ version: LimitVersion) -> String {
    "l\(version.specVersion)-\(version.limit.rawValue)"
  }

  /// Takes exactly what `text` gives; nil for anything else.
  static func version(of text: String) -> LimitVersion? {
    let parts = text.dropFirst().split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = UInt32(parts[0]), let limit = UInt32(parts[1]) else {
      return nil
    }
    let version = LimitVersion(limit: LimitID(rawValue: limit), specVersion: number)
    return self.text(version) == text ? version : nil
  }
}
