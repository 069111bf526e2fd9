package import MartletAPI
import MartletCore
import MartletProtobuf
package import MartletRPC
import MartletStore

extension PoolService {
  package func listPoolRevisions(
    _ request: API.ListPoolRevisionsRequest, context: CallContext
  ) async throws -> API.ListPoolRevisionsResponse {
    try await desk.answer(context) {
      let list = try RequestCheck.list(request, limits: limits)
      try desk.check(list.minimum)
      let (view, revision) = try await look(list.pool, context)
      let last = list.before.map { Revision($0.rawValue - min(1, $0.rawValue)) } ?? revision
      // One more tells whether there is another page.
      let rows = try await node.poolRevisions(
        of: view.record.id, through: last, limit: list.pageSize + 1, asOf: revision)
      let first = list.first ?? revision
      let page = rows.prefix(list.pageSize)
      var token = ""
      if page.count < rows.count, let end = page.last {
        token =
          PageToken(
            position: Array("\(end.revision.rawValue)".utf8), first: first, listHash: list.hash
          ).text
      }
      return .init(
        revisions: try page.map { try message($0) }, nextPageToken: token,
        cursor: Cursor(first).text)
    }
  }

  package func rollbackPool(
    _ request: API.RollbackPoolRequest, context: CallContext
  ) async throws -> API.RollbackPoolResponse {
    try await desk.answer(context) {
      let rollback = try RequestCheck.rollback(request, limits: limits)
      let origin = try Origin(context, reason: request.reason)
      var (view, revision) = try await look(rollback.pool, context)
      let rows = try await node.poolRevisions(
        of: view.record.id, through: rollback.revision, limit: 1, asOf: revision)
      guard let row = rows.first, row.revision == rollback.revision else {
        throw Refusal.poolRevisionNotFound(pool: rollback.pool, rollback.revision)
      }
      let command = Command.rollbackPool(
        PoolRollback(
          name: rollback.pool, pool: view.record.id, revision: row.revision,
          spec: try spec(in: row), expected: rollback.etag), origin: origin)
      if request.validateOnly {
        _ = try await node.see(.rehearsal(command), on: context.loop)
        view.record.spec = try spec(in: row)
        return .init(pool: .init(view), cursor: Cursor(revision).text)
      }
      let (pool, cursor) = try await change(command, context)
      return .init(pool: pool, cursor: cursor)
    }
  }

  // MARK: - Rows

  private func record(_ row: PoolRevisionRow) throws(StoreFailure) -> LogAPI.PoolRevision {
    guard let record = try? LogAPI.PoolRevision(protobufBytes: row.bytes) else {
      throw damaged(row)
    }
    return record
  }

  private func message(_ row: PoolRevisionRow) throws(StoreFailure) -> API.PoolRevision {
    guard let message = API.PoolRevision(try record(row), revision: row.revision) else {
      throw damaged(row)
    }
    return message
  }

  private func spec(in row: PoolRevisionRow) throws(StoreFailure) -> PoolSpec {
    guard let spec = try record(row).record?.value?.spec else { throw damaged(row) }
    return spec
  }

  private func damaged(_ row: PoolRevisionRow) -> StoreFailure {
    .corrupted(
      file: "index.db",
      reason: "revision \(row.revision.rawValue) of pool \(row.pool.rawValue) makes no sense")
  }
}

extension Node {
  /// Changes of a pool up to `last`, the newest first, as of a revision.
  func poolRevisions(
    of pool: PoolID, through last: Revision, limit: Int, asOf revision: Revision
  ) async throws(StoreFailure) -> [PoolRevisionRow] {
    try await read(asOf: revision) { index throws(StoreFailure) in
      try index.poolRevisions(of: pool, through: last, limit: limit)
    }
  }
}
