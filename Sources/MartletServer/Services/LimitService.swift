package import MartletAPI
import MartletCore
package import MartletRPC

/// `martlet.v1.LimitService`.
package struct LimitService: API.LimitService {
  let desk: ServiceDesk

  private var node: Node { desk.node }
  private var limits: Limits { desk.node.limits }

  package func createLimit(
    _ request: API.CreateLimitRequest, context: CallContext
  ) async throws -> API.CreateLimitResponse {
    try await desk.answer(context) {
      let (name, spec) = try RequestCheck.create(request, limits: limits)
      let origin = try Origin(context, reason: request.reason)
      let command = LimitCommand.create(name: name, spec, origin: origin)
      if request.validateOnly {
        let cursor = try await rehearse(command, context)
        return .init(limit: .init(name: name, spec: .init(spec)), cursor: cursor)
      }
      let (limit, cursor) = try await change(command, context)
      return .init(limit: limit, cursor: cursor)
    }
  }

  package func getLimit(
    _ request: API.GetLimitRequest, context: CallContext
  ) async throws -> API.GetLimitResponse {
    try await desk.answer(context) {
      try desk.check(
        try RequestCheck.limit(
          name: request.name, key: request.key, minCursor: request.minCursor, limits: limits))
      let seen = try await node.see(
        .limit(request.name, key: request.key), on: context.loop)
      guard case .limit(let view) = seen.value else { throw unexpected(context) }
      return .init(limit: message(view), cursor: Cursor(seen.revision).text)
    }
  }

  package func listLimits(
    _ request: API.ListLimitsRequest, context: CallContext
  ) async throws -> API.ListLimitsResponse {
    try await desk.answer(context) {
      let list = try RequestCheck.list(request, limits: limits)
      try desk.check(list.minimum)
      let seen = try await node.see(.limits(list.listing), on: context.loop)
      guard case .limits(let page) = seen.value else { throw unexpected(context) }
      let first = list.first ?? seen.revision
      var token = ""
      if page.hasMore, let last = page.views.last {
        token =
          PageToken(
            position: Array(last.record.name.utf8), first: first, listHash: list.hash
          ).text
      }
      return .init(
        limits: page.views.map { message($0) }, nextPageToken: token, cursor: Cursor(first).text)
    }
  }

  package func updateLimit(
    _ request: API.UpdateLimitRequest, context: CallContext
  ) async throws -> API.UpdateLimitResponse {
    try await desk.answer(context) {
      let update = try RequestCheck.update(request, limits: limits)
      let origin = try Origin(context, reason: request.reason)
      let change = update.change
      let command = LimitCommand.update(
        name: update.name, expected: update.etag, change: { change.apply(to: &$0) },
        origin: origin)
      if request.validateOnly {
        _ = try await rehearse(command, context)
        let seen = try await node.see(.limit(update.name, key: ""), on: context.loop)
        guard case .limit(var view) = seen.value else { throw unexpected(context) }
        change.apply(to: &view.record.spec)
        return .init(limit: message(view), cursor: Cursor(seen.revision).text)
      }
      let (limit, cursor) = try await self.change(command, context)
      return .init(limit: limit, cursor: cursor)
    }
  }

  package func deleteLimit(
    _ request: API.DeleteLimitRequest, context: CallContext
  ) async throws -> API.DeleteLimitResponse {
    try await desk.answer(context) {
      _ = try RequestCheck.limit(name: request.name, reason: request.reason, limits: limits)
      let origin = try Origin(context, reason: request.reason)
      let (limit, cursor) = try await change(
        .delete(name: request.name, origin: origin), context)
      return .init(limit: limit, cursor: cursor)
    }
  }

  // MARK: - Parts

  private func change(
    _ command: LimitCommand, _ context: CallContext
  ) async throws -> (limit: API.NamedLimit, cursor: String) {
    let outcome = try await node.perform(.limit(command), on: context.loop)
    guard case .limit(let view) = outcome.value else { throw unexpected(context) }
    return (message(view), Cursor(outcome.revision).text)
  }

  private func rehearse(
    _ command: LimitCommand, _ context: CallContext
  ) async throws -> String {
    let seen = try await node.see(.rehearsal(.limit(command)), on: context.loop)
    return Cursor(seen.revision).text
  }

  private func message(_ view: LimitView) -> API.NamedLimit {
    API.NamedLimit(view, at: node.clock.now)
  }

  func unexpected(_ context: CallContext) -> RPCStatus {
    desk.fault("the engine answered a call about limits with something else", in: context)
  }
}
