internal import MartletRPC

/// The calls about pools. Got from `MartletClient.pools`.
public struct PoolClient: Sendable {
  let runner: CallRunner

  /// Creates a pool. ALREADY_EXISTS (`.poolExists`) if the name is taken.
  ///
  /// - Parameter slots: How many attempts run at the same time: 1 to 10,000.
  @discardableResult
  public func create(_ name: String, slots: Int) async throws -> Reply<API.Pool> {
    try await create(name, spec: API.PoolSpec(slots: Int32(clamping: slots)))
  }

  /// Creates a pool. ALREADY_EXISTS (`.poolExists`) if the name is taken.
  ///
  /// - Parameters:
  ///   - validateOnly: Check everything, store nothing.
  ///   - reason: For people; kept in the event and in the pool's history.
  @discardableResult
  public func create(
    _ name: String, spec: API.PoolSpec, validateOnly: Bool = false, reason: String = ""
  ) async throws -> Reply<API.Pool> {
    let request = API.CreatePoolRequest(
      name: name, spec: spec, validateOnly: validateOnly, reason: reason)
    let response: API.CreatePoolResponse = try await runner.unary(
      API.PoolServiceMethods.createPool, request, repeats: .never)
    let unstored = validateOnly ? API.Pool(name: name, spec: spec) : nil
    return try reply(response.pool ?? unstored, response.cursor)
  }

  /// A pool with its status now. NOT_FOUND (`.poolNotFound`) if there is none.
  public func get(_ name: String, minCursor: String = "") async throws -> Reply<API.Pool> {
    let response: API.GetPoolResponse = try await runner.unary(
      API.PoolServiceMethods.getPool, API.GetPoolRequest(name: name, minCursor: minCursor),
      repeats: .always)
    return try reply(response.pool, response.cursor)
  }

  /// What holds a pool back. NOT_FOUND (`.poolNotFound`) if there is none.
  public func explain(_ name: String) async throws -> API.ExplainPoolResponse {
    try await runner.unary(
      API.PoolServiceMethods.explainPool, API.ExplainPoolRequest(name: name), repeats: .always)
  }

  /// All pools, by name.
  public func list() async throws -> [API.Pool] {
    var pools: [API.Pool] = []
    var request = API.ListPoolsRequest(pageSize: 1_000)
    repeat {
      let page = try await page(request)
      pools += page.pools
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty
    return pools
  }

  /// One page of pools, by name.
  public func page(_ request: API.ListPoolsRequest) async throws -> API.ListPoolsResponse {
    try await runner.unary(API.PoolServiceMethods.listPools, request, repeats: .always)
  }

  /// Changes the named fields of the spec.
  ///
  /// - Parameters:
  ///   - fields: Paths below the spec, such as `slots`; `*` replaces all of it.
  ///   - etag: Of the pool as it was read: ABORTED (`.etagMismatch`) if its spec has changed
  ///     since. Empty: whatever it is now.
  ///   - reason: For people; kept in the event and in the pool's history.
  @discardableResult
  public func update(
    _ name: String, spec: API.PoolSpec, fields: [String], etag: String = "",
    validateOnly: Bool = false, reason: String = ""
  ) async throws -> Reply<API.Pool> {
    let request = API.UpdatePoolRequest(
      name: name, spec: spec, updateMask: WellKnown.FieldMask(paths: fields), etag: etag,
      validateOnly: validateOnly, reason: reason)
    let response: API.UpdatePoolResponse = try await runner.unary(
      API.PoolServiceMethods.updatePool, request, repeats: etag.isEmpty ? .always : .never)
    return try reply(response.pool, response.cursor)
  }

  /// The pool goes on accepting tasks and starts none.
  @discardableResult
  public func pause(_ name: String, reason: String = "") async throws -> Reply<API.Pool> {
    let response: API.PausePoolResponse = try await runner.unary(
      API.PoolServiceMethods.pausePool, API.PausePoolRequest(name: name, reason: reason),
      repeats: .always)
    return try reply(response.pool, response.cursor)
  }

  /// Undoes `pause`, and `drain` even after it has closed the pool.
  @discardableResult
  public func resume(_ name: String, reason: String = "") async throws -> Reply<API.Pool> {
    let response: API.ResumePoolResponse = try await runner.unary(
      API.PoolServiceMethods.resumePool, API.ResumePoolRequest(name: name, reason: reason),
      repeats: .always)
    return try reply(response.pool, response.cursor)
  }

  /// The pool refuses new tasks, finishes what it has, then is CLOSED.
  @discardableResult
  public func drain(_ name: String, reason: String = "") async throws -> Reply<API.Pool> {
    let response: API.DrainPoolResponse = try await runner.unary(
      API.PoolServiceMethods.drainPool, API.DrainPoolRequest(name: name, reason: reason),
      repeats: .always)
    return try reply(response.pool, response.cursor)
  }

  /// Deletes a pool. FAILED_PRECONDITION (`.poolNotEmpty`) while it has unfinished tasks.
  ///
  /// - Parameter force: Cancel what is left: the pool is DELETING until the last one has ended.
  @discardableResult
  public func delete(
    _ name: String, force: Bool = false, reason: String = ""
  ) async throws -> Reply<API.Pool> {
    let request = API.DeletePoolRequest(name: name, force: force, reason: reason)
    let response: API.DeletePoolResponse = try await runner.unary(
      API.PoolServiceMethods.deletePool, request, repeats: .never)
    return try reply(response.pool, response.cursor)
  }

  /// What was done with a pool, newest first; with the token of the next page, empty without one.
  public func history(
    of name: String, pageSize: Int = 0, pageToken: String = ""
  ) async throws -> (revisions: [API.PoolRevision], nextPageToken: String) {
    let request = API.ListPoolRevisionsRequest(
      pool: name, pageSize: Int32(clamping: pageSize), pageToken: pageToken)
    let response: API.ListPoolRevisionsResponse = try await runner.unary(
      API.PoolServiceMethods.listPoolRevisions, request, repeats: .always)
    return (response.revisions, response.nextPageToken)
  }

  /// Makes the spec again what it was at a revision of the pool's history. NOT_FOUND
  /// (`.poolRevisionNotFound`, `.groupNotFound`), FAILED_PRECONDITION (`.groupBudgetExceeded`).
  ///
  /// - Parameter etag: As of `update`.
  @discardableResult
  public func rollback(
    _ name: String, to revision: UInt64, reason: String = "", etag: String = "",
    validateOnly: Bool = false
  ) async throws -> Reply<API.Pool> {
    let request = API.RollbackPoolRequest(
      pool: name, revision: revision, reason: reason, etag: etag, validateOnly: validateOnly)
    let response: API.RollbackPoolResponse = try await runner.unary(
      API.PoolServiceMethods.rollbackPool, request, repeats: etag.isEmpty ? .always : .never)
    return try reply(response.pool, response.cursor)
  }

  private func reply(_ pool: API.Pool?, _ cursor: String) throws -> Reply<API.Pool> {
    try Reply(pool, cursor: cursor, of: "pool", target: runner.target)
  }
}
