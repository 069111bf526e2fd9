/// Limits as somebody makes and changes them.
extension Engine {
  func decideLimit(_ command: LimitCommand, at now: Instant) throws(Refusal) -> Decision {
    let time = max(now.wall, catalog.stamp.time)
    switch command {
    case .create(let name, let spec, let origin):
      if catalog.limits[named: name] != nil { throw .limitExists(name) }
      let most = state.session.limits.namedLimits
      if catalog.limits.count >= most { throw .memoryPressure(what: "limits", limit: most) }
      let record = LimitRecord(
        id: catalog.limits.nextID, name: name, spec: spec, createTime: time, updateTime: time,
        origin: origin)
      return decided(.created, record, origin, at: now)
    case .update(let name, let expected, let change, let origin):
      guard var record = catalog.limits[named: name] else { throw .limitNotFound(name) }
      if let expected, expected != record.version { throw .limitEtagMismatch(name) }
      let before = record.spec
      change(&record.spec)
      guard record.spec.rule.isOfSameSort(as: before.rule) else { throw .limitSortFixed(name) }
      if record.spec == before {
        return Decision([], .limit(view(of: record, key: "", at: now.elapsed, isWhole: true)))
      }
      record.specVersion += 1
      record.updateTime = time
      record.origin = origin
      return decided(.updated, record, origin, at: now)
    case .delete(let name, let origin):
      guard let record = catalog.limits[named: name] else { throw .limitNotFound(name) }
      return decided(.deleted, record, origin, at: now)
    }
  }

  /// As it is after the change, or was before it was deleted.
  func answer(_ view: LimitView, at now: Elapsed) -> Answer {
    guard let record = catalog.limits[view.record.id] else { return .limit(view) }
    return .limit(self.view(of: record, key: "", at: now, isWhole: true))
  }

  private func decided(
    _ change: LimitEvent.Change, _ record: LimitRecord, _ origin: Origin, at now: Instant
  ) -> Decision {
    Decision(
      [.limit(.limit(change, record, origin))],
      .limit(view(of: record, key: "", at: now.elapsed, isWhole: true)))
  }
}

// MARK: - Attempts that are fenced

extension Engine {
  /// The end of an attempt whose handler may go on: where the pool says so, its permits stay taken
  /// for a while.
  func fenced(_ body: Event.Body, at now: Instant) -> Event.Body {
    if catalog.limits.isEmpty { return body }
    guard case .task(var event) = body, event.from == .running, event.status.state != .running,
      let grace = catalog.pools[event.pool]?.spec.permitGrace, grace > .zero,
      let held = catalog.limits.held(by: event.task)
    else { return body }
    event.status.notes = (event.status.notes ?? TaskNotes()).with {
      $0.permits = TaskPermits(takes: held, keptUntil: now.elapsed + grace)
    }
    return .task(event)
  }
}
