import MartletAPI
import MartletRPC
import Synchronization

/// A pool's history as a server would tell it in which a pool was made and never changed.
extension FakePoolService {
  func listPoolRevisions(
    _ request: API.ListPoolRevisionsRequest, context: CallContext
  ) async throws -> API.ListPoolRevisionsResponse {
    try node.enter(context)
    let pool = try change(request.pool) { _ in }
    let form = API.PoolForm(
      spec: pool.spec, state: .active, slotsLimit: pool.spec?.slots ?? 0, etag: pool.etag)
    let first = API.PoolRevision(
      revision: 1, time: .init(seconds: 1_700_000_000), type: .created, actor: "ada",
      after: form)
    return .init(revisions: [first], cursor: node.cursor)
  }

  func rollbackPool(
    _ request: API.RollbackPoolRequest, context: CallContext
  ) async throws -> API.RollbackPoolResponse {
    try node.enter(context)
    guard request.revision == 1 else {
      throw FakeNode.status(
        .notFound, "POOL_REVISION_NOT_FOUND", "there is no revision \(request.revision)")
    }
    return .init(pool: try change(request.pool) { _ in }, cursor: node.cursor)
  }
}
