package import MartletAPI
import MartletCore
package import MartletRPC

/// `martlet.v1.PoolService`.
package struct PoolService: API.PoolService {
  let desk: ServiceDesk

  var node: Node { desk.node }
  var limits: Limits { desk.node.limits }

  package func createPool(
    _ request: API.CreatePoolRequest, context: CallContext
  ) async throws -> API.CreatePoolResponse {
    try await desk.answer(context) {
      let (name, spec) = try RequestCheck.create(request, limits: limits)
      let origin = try Origin(context, reason: request.reason)
      let command = Command.createPool(name: name, spec: spec, origin: origin)
      if request.validateOnly {
        let seen = try await node.see(.rehearsal(command), on: context.loop)
        return .init(
          pool: .init(name: name, spec: .init(spec)), cursor: Cursor(seen.revision).text)
      }
      let (pool, cursor) = try await change(command, context)
      return .init(pool: pool, cursor: cursor)
    }
  }

  package func getPool(
    _ request: API.GetPoolRequest, context: CallContext
  ) async throws -> API.GetPoolResponse {
    try await desk.answer(context) {
      let get = try RequestCheck.get(request, limits: limits)
      try desk.check(get.minimum)
      let (view, revision) = try await look(get.name, context)
      return .init(pool: .init(view), cursor: Cursor(revision).text)
    }
  }

  package func listPools(
    _ request: API.ListPoolsRequest, context: CallContext
  ) async throws -> API.ListPoolsResponse {
    try await desk.answer(context) {
      let list = try RequestCheck.list(request, limits: limits)
      try desk.check(list.minimum)
      let seen = try await node.see(.pools, on: context.loop)
      guard case .pools(let pools) = seen.value else { throw unexpected(context) }
      let first = list.first ?? seen.revision
      let rest = pools.drop { pool in
        list.after.map { !$0.utf8.lexicographicallyPrecedes(pool.record.name.utf8) } ?? false
      }
      let page = rest.prefix(list.pageSize)
      var token = ""
      if page.count < rest.count, let last = page.last {
        token =
          PageToken(
            position: Array(last.record.name.utf8), first: first, listHash: CheckedPoolList.hash
          ).text
      }
      return .init(
        pools: page.map { .init($0) }, nextPageToken: token, totalSize: Int64(pools.count),
        cursor: Cursor(first).text)
    }
  }

  package func updatePool(
    _ request: API.UpdatePoolRequest, context: CallContext
  ) async throws -> API.UpdatePoolResponse {
    try await desk.answer(context) {
      let update = try RequestCheck.update(request, limits: limits)
      let origin = try Origin(context, reason: request.reason)
      let change = update.change
      let command = Command.updatePool(
        name: update.name, expected: update.etag, change: { change.apply(to: &$0) },
        origin: origin)
      if request.validateOnly {
        _ = try await node.see(.rehearsal(command), on: context.loop)
        var (view, revision) = try await look(update.name, context)
        change.apply(to: &view.record.spec)
        return .init(pool: .init(view), cursor: Cursor(revision).text)
      }
      let (pool, cursor) = try await self.change(command, context)
      return .init(pool: pool, cursor: cursor)
    }
  }

  package func explainPool(
    _ request: API.ExplainPoolRequest, context: CallContext
  ) async throws -> API.ExplainPoolResponse {
    try await desk.answer(context) {
      let get = try RequestCheck.get(API.GetPoolRequest(name: request.name), limits: limits)
      let seen = try await node.see(.explainPool(get.name), on: context.loop)
      guard case .poolExplanation(let explanation) = seen.value else { throw unexpected(context) }
      return .init(explanation, cursor: Cursor(seen.revision).text)
    }
  }

  package func pausePool(
    _ request: API.PausePoolRequest, context: CallContext
  ) async throws -> API.PausePoolResponse {
    try await desk.answer(context) {
      let origin = try self.origin(context, pool: request.name, reason: request.reason)
      let (pool, cursor) = try await change(
        .pausePool(name: request.name, origin: origin), context)
      return .init(pool: pool, cursor: cursor)
    }
  }

  package func resumePool(
    _ request: API.ResumePoolRequest, context: CallContext
  ) async throws -> API.ResumePoolResponse {
    try await desk.answer(context) {
      let origin = try self.origin(context, pool: request.name, reason: request.reason)
      let (pool, cursor) = try await change(
        .resumePool(name: request.name, origin: origin), context)
      return .init(pool: pool, cursor: cursor)
    }
  }

  package func drainPool(
    _ request: API.DrainPoolRequest, context: CallContext
  ) async throws -> API.DrainPoolResponse {
    try await desk.answer(context) {
      let origin = try self.origin(context, pool: request.name, reason: request.reason)
      let (pool, cursor) = try await change(
        .drainPool(name: request.name, origin: origin), context)
      return .init(pool: pool, cursor: cursor)
    }
  }

  package func deletePool(
    _ request: API.DeletePoolRequest, context: CallContext
  ) async throws -> API.DeletePoolResponse {
    try await desk.answer(context) {
      let origin = try self.origin(context, pool: request.name, reason: request.reason)
      let (pool, cursor) = try await change(
        .deletePool(name: request.name, force: request.force, origin: origin), context)
      return .init(pool: pool, cursor: cursor)
    }
  }

  // MARK: - Parts

  func change(
    _ command: Command, _ context: CallContext
  ) async throws -> (pool: API.Pool, cursor: String) {
    let outcome = try await node.perform(command, on: context.loop)
    guard case .pool(let view) = outcome.value else { throw unexpected(context) }
    return (.init(view), Cursor(outcome.revision).text)
  }

  func look(
    _ name: String, _ context: CallContext
  ) async throws -> (view: PoolView, revision: Revision) {
    let seen = try await node.see(.pool(name), on: context.loop)
    guard case .pool(let view) = seen.value else { throw unexpected(context) }
    return (view, seen.revision)
  }

  private func origin(
    _ context: CallContext, pool: String, reason: String
  ) throws(InvalidRequest) -> Origin {
    try RequestCheck.poolVerb(name: pool, reason: reason, limits: limits)
    return try Origin(context, reason: reason)
  }

  private func unexpected(_ context: CallContext) -> RPCStatus {
    desk.fault("the engine answered a pool call with something else", in: context)
  }
}
