internal import MartletRPC

/// Named limits: rates, windows and concurrency. Got from `MartletClient.limits`.
///
/// ```swift
/// try await martlet.limits.withPermit("sms-gateway") { permits in
///   try await gateway.send(message)
/// }
/// ```
public struct LimitClient: Sendable {
  let runner: CallRunner

  /// The longest that a call may wait in line.
  public static let waitMax = Duration.seconds(86_400)

  // MARK: - What limits there are

  /// Throws `.limitExists` (ALREADY_EXISTS) if the name is taken. Not repeated by itself.
  @discardableResult
  public func create(
    _ name: String, _ spec: API.LimitSpec, reason: String = "", validateOnly: Bool = false
  ) async throws -> Reply<API.NamedLimit> {
    let response: API.CreateLimitResponse = try await runner.unary(
      API.LimitServiceMethods.createLimit,
      API.CreateLimitRequest(
        name: name, spec: spec, validateOnly: validateOnly, reason: reason), repeats: .never)
    return try reply(response.limit, response.cursor)
  }

  /// With the state of one key. Throws `.limitNotFound` (NOT_FOUND).
  public func get(_ name: String, key: String = "") async throws -> Reply<API.NamedLimit> {
    let response: API.GetLimitResponse = try await runner.unary(
      API.LimitServiceMethods.getLimit, API.GetLimitRequest(name: name, key: key),
      repeats: .always)
    return try reply(response.limit, response.cursor)
  }

  /// A page of the limits, by name; with the token of the next page, empty without one.
  public func list(
    namePrefix: String = "", pageSize: Int = 0, pageToken: String = ""
  ) async throws -> (limits: [API.NamedLimit], nextPageToken: String) {
    let response: API.ListLimitsResponse = try await runner.unary(
      API.LimitServiceMethods.listLimits,
      API.ListLimitsRequest(
        namePrefix: namePrefix, pageSize: Int32(clamping: pageSize), pageToken: pageToken),
      repeats: .always)
    return (response.limits, response.nextPageToken)
  }

  /// Changes what `paths` name of the spec (`rate`, `window`, `concurrency`, `pools`, `kinds`,
  /// `key_label`), at once. Throws `.etagMismatch` (ABORTED) if the spec is not the one that the
  /// etag was read with, `.limitSortFixed` if a rate were to become something else.
  @discardableResult
  public func update(
    _ name: String, _ spec: API.LimitSpec, paths: [String], etag: String = "",
    reason: String = ""
  ) async throws -> Reply<API.NamedLimit> {
    let response: API.UpdateLimitResponse = try await runner.unary(
      API.LimitServiceMethods.updateLimit,
      API.UpdateLimitRequest(
        name: name, spec: spec, updateMask: .init(paths: paths), etag: etag, reason: reason),
      repeats: etag.isEmpty ? .always : .never)
    return try reply(response.limit, response.cursor)
  }

  /// Tasks that waited for it wait no more; tells it as it was. Not repeated by itself.
  @discardableResult
  public func delete(_ name: String, reason: String = "") async throws -> Reply<API.NamedLimit> {
    let response: API.DeleteLimitResponse = try await runner.unary(
      API.LimitServiceMethods.deleteLimit, API.DeleteLimitRequest(name: name, reason: reason),
      repeats: .never)
    return try reply(response.limit, response.cursor)
  }

  // MARK: - Permits

  /// Takes permits, all or none, or waits for them in line. Throws `.limitExceeded`
  /// (RESOURCE_EXHAUSTED) if they were not to be had in time, `.limitTooSmall` if the limit never
  /// has so many. Repeated by itself while the server cannot be reached; of a rate or a window that
  /// may take twice.
  ///
  /// - Parameters:
  ///   - owner: Who is to hold them: 1 to 255 bytes.
  ///   - lease: How long the holder may be silent: 1 s to 24 h. Of concurrency limits.
  ///   - wait: How long to wait in line, at most 24 h; zero: not at all.
  @discardableResult
  public func acquire(
    _ name: String, key: String = "", units: Int = 1, owner: String,
    lease: Duration = .seconds(15), wait: Duration = .zero
  ) async throws -> Reply<API.Permits> {
    let request = API.AcquirePermitsRequest(
      limit: name, key: key, units: Int64(units), owner: owner,
      lease: WellKnown.Duration(lease), wait: WellKnown.Duration(wait),
      requestId: RequestID.random())
    var patient = runner.configuration
    patient.timeout = patient.timeout.map { $0 + wait }
    let response: API.AcquirePermitsResponse = try await self.runner(patient).unary(
      API.LimitServiceMethods.acquirePermits, request, repeats: .always)
    return try permits(response.permits, response.cursor)
  }

  /// The lease begins anew. Throws `.permitsNotHeld` (FAILED_PRECONDITION) if owner and token are
  /// not those of a holder: stop what is done by them.
  @discardableResult
  public func renew(
    _ name: String, owner: String, token: UInt64
  ) async throws -> Reply<API.Permits> {
    let response: API.RenewPermitsResponse = try await runner.unary(
      API.LimitServiceMethods.renewPermits,
      API.RenewPermitsRequest(limit: name, owner: owner, token: token), repeats: .always)
    return try permits(response.permits, response.cursor)
  }

  /// Gives all permits of the grant back. Throws `.permitsNotHeld`. Not repeated by itself.
  @discardableResult
  public func release(
    _ name: String, owner: String, token: UInt64
  ) async throws -> Reply<API.Permits> {
    let response: API.ReleasePermitsResponse = try await runner.unary(
      API.LimitServiceMethods.releasePermits,
      API.ReleasePermitsRequest(limit: name, owner: owner, token: token), repeats: .never)
    return try permits(response.permits, response.cursor)
  }

  func runner(_ configuration: MartletClient.Configuration) -> CallRunner {
    CallRunner(channel: runner.channel, target: runner.target, configuration: configuration)
  }

  private func reply(
    _ limit: API.NamedLimit?, _ cursor: String
  ) throws -> Reply<API.NamedLimit> {
    try Reply(limit, cursor: cursor, of: "limit", target: runner.target)
  }

  private func permits(_ permits: API.Permits?, _ cursor: String) throws -> Reply<API.Permits> {
    try Reply(permits, cursor: cursor, of: "permits", target: runner.target)
  }
}
