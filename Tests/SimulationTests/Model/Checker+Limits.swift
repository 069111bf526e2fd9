@testable import MartletCore

extension Checker {
  mutating func check(_ view: PermitView?, after command: PermitCommand) throws(Violation) {
    switch command {
    case .acquire(let claim, let waiter, _):
      guard let view else {
        try require(claim.wait > .zero, "\(claim) may not wait, and does")
        model.limits.asked.waiting[waiter] = claim
        return
      }
      try require(
        view.record.owner == claim.owner && view.record.units == claim.units,
        "\(claim) was granted \(view)")
    case .renew(let grant):
      guard let view, view.record.id.token == grant.token,
        model.limits.grants[view.record.id]?.owner == grant.owner
      else { throw Violation(description: "\(grant) was renewed and holds nothing") }
      if let expires = view.expires {
        model.limits.promised[view.record.id] = max(
          model.limits.promised[view.record.id] ?? .zero, expires)
      }
    case .release(let grant, _):
      guard let view else { throw Violation(description: "\(grant) was released and not told") }
      try require(
        model.limits.grants[view.record.id] == nil, "\(grant) was released and is held")
    case .abandon(let waiter, _):
      model.limits.asked.waiting[waiter] = nil
      model.limits.asked.hasAbandoned = true
    }
  }

  /// A call that waited is told what became of it.
  mutating func check(_ notice: PermitNotice) throws(Violation) {
    if case .granted(let view) = notice.outcome { try advance(through: view.record.id.token) }
    guard let claim = model.limits.asked.waiting.removeValue(forKey: notice.waiter) else {
      return try require(
        model.limits.asked.hasAbandoned, "\(notice) is for nobody who waits")
    }
    guard case .granted(let view) = notice.outcome else { return }
    try require(
      view.record.owner == claim.owner && view.record.units == claim.units
        && view.record.key == claim.key, "\(claim) was granted \(view)")
    // Calls are numbered in the order in which they come.
    let last = model.limits.asked.lastGranted[view.record.limitKey] ?? PermitWaiter(rawValue: 0)
    try require(last.rawValue < notice.waiter.rawValue, "\(notice) was passed by \(last)")
    model.limits.asked.lastGranted[view.record.limitKey] = notice.waiter
    model.limits.asked.grantedInLine += 1
  }

  func isJustOfLimit(_ refusal: Refusal, _ command: Command) -> Bool {
    let records = model.limits.records.values
    switch refusal {
    case .limitNotFound(let name): return !records.contains { $0.name == name }
    case .limitExists(let name): return records.contains { $0.name == name }
    case .limitSortFixed(let name): return records.contains { $0.name == name }
    case .limitTooSmall(let name, let units, let most):
      return records.contains { $0.name == name && $0.spec.rule.unitsMax == most } && units > most
    case .limitExceeded(let shortage):
      guard case .permits(.acquire(let claim, _, _)) = command else { return false }
      return claim.wait == .zero && claim.limit == shortage.limit
    case .permitsNotHeld:
      switch command {
      case .permits(.renew(let grant)), .permits(.release(let grant, _)):
        guard let record = records.first(where: { $0.name == grant.limit }) else { return false }
        let id = PermitID(token: grant.token, limit: record.id)
        guard let known = model.limits.grants[id] else { return true }
        return known.owner != grant.owner || known.task != nil
          || model.lockNow >= model.limits.promised[id] ?? .zero
      default: return false
      }
    case .limitEtagMismatch: return false
    default: return false
    }
  }
}
