package import MartletAPI
import MartletCore
package import MartletRPC

extension LimitService {
  package func acquirePermits(
    _ request: API.AcquirePermitsRequest, context: CallContext
  ) async throws -> API.AcquirePermitsResponse {
    try await desk.answer(context) {
      let claim = try RequestCheck.acquire(request, limits: desk.node.limits)
      let (view, revision) = try await acquire(claim, try Origin(context), context)
      return .init(permits: message(view), cursor: Cursor(revision).text)
    }
  }

  package func renewPermits(
    _ request: API.RenewPermitsRequest, context: CallContext
  ) async throws -> API.RenewPermitsResponse {
    try await desk.answer(context) {
      let grant = try RequestCheck.permitGrant(
        limit: request.limit, owner: request.owner, token: request.token,
        limits: desk.node.limits)
      let (view, revision) = try await change(.renew(grant), context)
      return .init(permits: message(view), cursor: Cursor(revision).text)
    }
  }

  package func releasePermits(
    _ request: API.ReleasePermitsRequest, context: CallContext
  ) async throws -> API.ReleasePermitsResponse {
    try await desk.answer(context) {
      let grant = try RequestCheck.permitGrant(
        limit: request.limit, owner: request.owner, token: request.token,
        limits: desk.node.limits)
      let origin = try Origin(context)
      let (view, revision) = try await change(.release(grant, origin: origin), context)
      return .init(permits: message(view), cursor: Cursor(revision).text)
    }
  }

  package func holdPermits(
    _ request: API.HoldPermitsRequest, response: ResponseWriter<API.HoldPermitsResponse>,
    context: CallContext
  ) async throws {
    try await desk.answer(context) {
      let claim = try RequestCheck.hold(request, limits: desk.node.limits)
      let origin = try Origin(context)
      let seen = try await desk.node.see(.limit(claim.limit, key: claim.key), on: context.loop)
      guard case .limit(let limit) = seen.value else { throw unexpected(context) }
      guard limit.record.spec.rule.isConcurrency else { throw Refusal.limitNotHeld(claim.limit) }
      var (view, revision) = try await acquire(claim, origin, context)
      let grant = PermitGrant(
        limit: claim.limit, owner: claim.owner, token: view.record.id.token)
      do {
        while true {
          try await response.write(
            .init(permits: message(view), cursor: Cursor(revision).text))
          try await pause(Span(nanoseconds: claim.lease.nanoseconds / 3), context)
          (view, revision) = try await change(.renew(grant), context)
        }
      } catch {
        // Of permits that were lost nothing comes of it.
        desk.node.post(.permits(.release(grant, origin: origin)))
        throw error
      }
    }
  }

  // MARK: - Parts

  /// The permits, once they are granted and on disk. A call that has ended keeps nothing.
  private func acquire(
    _ claim: PermitClaim, _ origin: Origin, _ context: CallContext
  ) async throws -> (view: PermitView, revision: Revision) {
    let node = desk.node
    let ticket = node.permits.enrol()
    defer { node.permits.forget(ticket) }
    let command = PermitCommand.acquire(claim, by: ticket.waiter, origin: origin)
    let outcome = try await node.perform(.permits(command), on: context.loop)
    guard case .permits(let granted) = outcome.value else { throw unexpected(context) }
    var found = granted.map { (view: $0, revision: outcome.revision) }
    if found == nil {
      switch await ticket.outcome() {
      case .granted(let view): found = (view, view.record.id.token)
      case .timedOut(let shortage): throw Refusal.limitExceeded(shortage)
      case .refused(let refusal): throw refusal
      case nil: break
      }
    }
    guard let found, !Task.isCancelled else {
      node.post(.permits(.abandon(ticket.waiter, origin: origin)))
      try Task.checkCancellation()
      throw Refusal.stopping
    }
    return found
  }

  private func change(
    _ command: PermitCommand, _ context: CallContext
  ) async throws -> (view: PermitView, revision: Revision) {
    let outcome = try await desk.node.perform(.permits(command), on: context.loop)
    guard case .permits(let view?) = outcome.value else { throw unexpected(context) }
    return (view, outcome.revision)
  }

  private func pause(_ span: Span, _ context: CallContext) async throws {
    await desk.node.feed.wait(
      after: Revision(.max - 1), until: MonotonicTime.now + span.nanoseconds, on: context.loop)
    try Task.checkCancellation()
    if desk.node.feed.isClosed { throw Refusal.stopping }
  }

  private func message(_ view: PermitView) -> API.Permits {
    API.Permits(view, at: desk.node.clock.now)
  }
}
