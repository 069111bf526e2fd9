package import MartletAPI
import MartletCore
package import MartletRPC

/// `martlet.v1.LockService`.
package struct LockService: API.LockService {
  let desk: ServiceDesk

  private var node: Node { desk.node }
  private var limits: Limits { desk.node.limits }

  package func acquireLock(
    _ request: API.AcquireLockRequest, context: CallContext
  ) async throws -> API.AcquireLockResponse {
    try await desk.answer(context) {
      let claim = try RequestCheck.acquire(request, limits: limits)
      let (view, revision) = try await acquire(claim, try Origin(context), context)
      return .init(lock: message(view), cursor: Cursor(revision).text)
    }
  }

  package func renewLock(
    _ request: API.RenewLockRequest, context: CallContext
  ) async throws -> API.RenewLockResponse {
    try await desk.answer(context) {
      let grant = try RequestCheck.lockGrant(
        name: request.name, owner: request.owner, token: request.token, limits: limits)
      let (view, revision) = try await change(.renew(grant), context)
      return .init(lock: message(view), cursor: Cursor(revision).text)
    }
  }

  package func releaseLock(
    _ request: API.ReleaseLockRequest, context: CallContext
  ) async throws -> API.ReleaseLockResponse {
    try await desk.answer(context) {
      let grant = try RequestCheck.lockGrant(
        name: request.name, owner: request.owner, token: request.token, limits: limits)
      let origin = try Origin(context)
      let (view, revision) = try await change(.release(grant, origin: origin), context)
      return .init(lock: message(view), cursor: Cursor(revision).text)
    }
  }

  package func getLock(
    _ request: API.GetLockRequest, context: CallContext
  ) async throws -> API.GetLockResponse {
    try await desk.answer(context) {
      try desk.check(
        try RequestCheck.lock(
          name: request.name, minCursor: request.minCursor, limits: limits))
      let seen = try await node.see(.lock(request.name), on: context.loop)
      guard case .lock(let view) = seen.value else { throw unexpected(context) }
      return .init(lock: message(view), cursor: Cursor(seen.revision).text)
    }
  }

  package func listLocks(
    _ request: API.ListLocksRequest, context: CallContext
  ) async throws -> API.ListLocksResponse {
    try await desk.answer(context) {
      let list = try RequestCheck.list(request, limits: limits)
      try desk.check(list.minimum)
      let seen = try await node.see(.locks(list.listing), on: context.loop)
      guard case .locks(let page) = seen.value else { throw unexpected(context) }
      let first = list.first ?? seen.revision
      var token = ""
      if page.hasMore, let last = page.views.last {
        token =
          PageToken(
            position: Array(last.record.name.utf8), first: first, listHash: list.hash
          ).text
      }
      return .init(
        locks: page.views.map { message($0) }, nextPageToken: token, cursor: Cursor(first).text)
    }
  }

  package func breakLock(
    _ request: API.BreakLockRequest, context: CallContext
  ) async throws -> API.BreakLockResponse {
    try await desk.answer(context) {
      _ = try RequestCheck.lock(name: request.name, reason: request.reason, limits: limits)
      let origin = try Origin(context, reason: request.reason)
      let token = request.token == 0 ? nil : Revision(request.token)
      let (view, revision) = try await change(
        .breakLock(name: request.name, token: token, origin: origin), context)
      return .init(lock: message(view), cursor: Cursor(revision).text)
    }
  }

  package func holdLock(
    _ request: API.HoldLockRequest, response: ResponseWriter<API.HoldLockResponse>,
    context: CallContext
  ) async throws {
    try await desk.answer(context) {
      let claim = try RequestCheck.hold(request, limits: limits)
      let origin = try Origin(context)
      var (view, revision) = try await acquire(claim, origin, context)
      let grant = LockGrant(
        name: claim.name, owner: claim.owner, token: view.record.token)
      do {
        while true {
          try await response.write(
            .init(lock: message(view), cursor: Cursor(revision).text))
          try await pause(Span(nanoseconds: claim.lease.nanoseconds / 3), context)
          (view, revision) = try await change(.renew(grant), context)
        }
      } catch {
        // Of one that was lost nothing comes of it.
        node.post(.lock(.release(grant, origin: origin)))
        throw error
      }
    }
  }

  // MARK: - Parts

  /// The lock, once it is granted and on disk. A call that has ended keeps nothing.
  private func acquire(
    _ claim: LockClaim, _ origin: Origin, _ context: CallContext
  ) async throws -> (view: LockView, revision: Revision) {
    let ticket = node.locks.enrol()
    defer { node.locks.forget(ticket) }
    let command = LockCommand.acquire(claim, by: ticket.waiter, origin: origin)
    let outcome = try await node.perform(.lock(command), on: context.loop)
    guard case .lock(let granted) = outcome.value else { throw unexpected(context) }
    var found = granted.map { (view: $0, revision: outcome.revision) }
    if found == nil {
      switch await ticket.outcome() {
      case .granted(let view): found = (view, view.record.revision)
      case .timedOut(let holder): throw Refusal.lockHeld(claim.name, by: holder)
      case nil: break
      }
    }
    guard let found, !Task.isCancelled else {
      node.post(.lock(.abandon(name: claim.name, ticket.waiter, origin: origin)))
      try Task.checkCancellation()
      throw Refusal.stopping
    }
    return found
  }

  private func change(
    _ command: LockCommand, _ context: CallContext
  ) async throws -> (view: LockView, revision: Revision) {
    let outcome = try await node.perform(.lock(command), on: context.loop)
    guard case .lock(let view?) = outcome.value else { throw unexpected(context) }
    return (view, outcome.revision)
  }

  private func pause(_ span: Span, _ context: CallContext) async throws {
    await node.feed.wait(
      after: Revision(.max - 1), until: MonotonicTime.now + span.nanoseconds, on: context.loop)
    try Task.checkCancellation()
    if node.feed.isClosed { throw Refusal.stopping }
  }

  private func message(_ view: LockView) -> API.Lock { API.Lock(view, at: node.clock.now) }

  private func unexpected(_ context: CallContext) -> RPCStatus {
    desk.fault("the engine answered a call about locks with something else", in: context)
  }
}
