import MartletAPI
import MartletRPC
import Synchronization

struct FakePoolService: API.PoolService {
  let node: FakeNode

  func createPool(
    _ request: API.CreatePoolRequest, context: CallContext
  ) async throws -> API.CreatePoolResponse {
    try node.enter(context)
    let pool = try node.change { state in
      guard state.pools[request.name] == nil else {
        throw FakeNode.status(
          .alreadyExists, "POOL_EXISTS", "there is a pool `\(request.name)` already")
      }
      let pool = API.Pool(
        name: request.name, spec: request.spec, state: .active,
        status: API.PoolStatus(slotsLimit: request.spec?.slots ?? 0),
        etag: "e1", revision: UInt64(state.events.count + 1))
      state.pools[request.name] = pool
      state.append(API.Event(type: .poolCreated, pool: request.name))
      return pool
    }
    return API.CreatePoolResponse(pool: pool, cursor: node.cursor)
  }

  func getPool(
    _ request: API.GetPoolRequest, context: CallContext
  ) async throws -> API.GetPoolResponse {
    try node.enter(context)
    return API.GetPoolResponse(pool: try change(request.name) { _ in }, cursor: node.cursor)
  }

  func listPools(
    _ request: API.ListPoolsRequest, context: CallContext
  ) async throws -> API.ListPoolsResponse {
    try node.enter(context)
    let pools = node.state.withLock { $0.pools.values.sorted { $0.name < $1.name } }
    return API.ListPoolsResponse(
      pools: pools, totalSize: Int64(pools.count), cursor: node.cursor)
  }

  func updatePool(
    _ request: API.UpdatePoolRequest, context: CallContext
  ) async throws -> API.UpdatePoolResponse {
    try node.enter(context)
    let pool = try change(request.name) { pool in
      guard request.etag.isEmpty || request.etag == pool.etag else {
        throw FakeNode.status(.aborted, "ETAG_MISMATCH", "the pool has changed since")
      }
      for path in request.updateMask?.paths ?? [] {
        if path == "slots" {
          pool.spec?.slots = request.spec?.slots ?? 0
          pool.status?.slotsLimit = request.spec?.slots ?? 0
        }
        if path == "queue_capacity" { pool.spec?.queueCapacity = request.spec?.queueCapacity }
      }
      pool.etag += "+"
    }
    return API.UpdatePoolResponse(pool: pool, cursor: node.cursor)
  }

  func pausePool(
    _ request: API.PausePoolRequest, context: CallContext
  ) async throws -> API.PausePoolResponse {
    try node.enter(context)
    let pool = try change(request.name) { $0.state = .paused }
    return API.PausePoolResponse(pool: pool, cursor: node.cursor)
  }

  func resumePool(
    _ request: API.ResumePoolRequest, context: CallContext
  ) async throws -> API.ResumePoolResponse {
    try node.enter(context)
    let pool = try change(request.name) { $0.state = .active }
    return API.ResumePoolResponse(pool: pool, cursor: node.cursor)
  }

  func drainPool(
    _ request: API.DrainPoolRequest, context: CallContext
  ) async throws -> API.DrainPoolResponse {
    try node.enter(context)
    let pool = try change(request.name) { $0.state = .draining }
    return API.DrainPoolResponse(pool: pool, cursor: node.cursor)
  }

  func deletePool(
    _ request: API.DeletePoolRequest, context: CallContext
  ) async throws -> API.DeletePoolResponse {
    try node.enter(context)
    let pool = try change(request.name) { $0.state = .deleting }
    node.change { $0.pools[request.name] = nil }
    return API.DeletePoolResponse(pool: pool, cursor: node.cursor)
  }

  func change(
    _ name: String, _ body: (inout API.Pool) throws -> Void
  ) throws -> API.Pool {
    try node.change { state in
      guard var pool = state.pools[name] else { throw FakeNode.notFound(pool: name) }
      try body(&pool)
      state.pools[name] = pool
      return pool
    }
  }
}
