extension MartletClient {
  /// As `LimitClient.withPermit`: waits for a permit of a limit, and runs `body` with it.
  public func withPermit<Value: Sendable>(
    _ name: String, key: String = "", units: Int = 1, wait: Duration = LimitClient.waitMax,
    _ body: @escaping @Sendable (API.Permits) async throws -> Value
  ) async throws -> Value {
    try await limits.withPermit(name, key: key, units: units, wait: wait, body)
  }
}

extension LimitClient {
  /// Waits for permits, runs `body` while they are held, and gives them back; renews them
  /// meanwhile. Those of a rate or a window are taken before it, and spent.
  ///
  /// Throws what `body` throws; `.limitExceeded` if they were not to be had in time;
  /// `.permitsNotHeld` if they were lost: then `body` is cancelled, and has ended when this throws.
  /// They count as lost, too, when they could not be renewed for the length of their lease. A
  /// restart of the server within that time loses nothing.
  ///
  /// - Parameters:
  ///   - owner: Who is to hold them; nil: a name of its own for each call.
  ///   - lease: 1 s to 24 h.
  ///   - wait: How long to wait in line, at most 24 h.
  public func withPermit<Value: Sendable>(
    _ name: String, key: String = "", units: Int = 1, owner: String? = nil,
    lease: Duration = .seconds(15), wait: Duration = LimitClient.waitMax,
    _ body: @escaping @Sendable (API.Permits) async throws -> Value
  ) async throws -> Value {
    let owner = owner ?? RequestID.random()
    let start = ContinuousClock.now
    let permits = try await acquire(
      name, key: key, units: units, owner: owner, lease: lease, wait: wait
    ).value
    guard permits.lease != nil else { return try await body(permits) }
    // The lease began when they were granted, and how long that took is not known: of one that
    // had to wait, the first renewal comes at once.
    let result = await held(permits, since: start, lease: lease, body)
    // Also if this task is cancelled.
    await Task { _ = try? await release(name, owner: owner, token: permits.token) }.value
    return try result.get()
  }

  private func held<Value: Sendable>(
    _ permits: API.Permits, since start: ContinuousClock.Instant, lease: Duration,
    _ body: @escaping @Sendable (API.Permits) async throws -> Value
  ) async -> Result<Value, any Error> {
    await withTaskGroup(of: Result<Value, any Error>?.self) { group in
      group.addTask {
        do { return .success(try await body(permits)) } catch { return .failure(error) }
      }
      group.addTask {
        await renewals(of: permits, since: start, lease: lease).map { .failure($0) }
      }
      var result: Result<Value, any Error> = .failure(CancellationError())
      while let next = await group.next() {
        guard let next else { continue }
        result = next
        break
      }
      group.cancelAll()
      return result
    }
  }

  /// Renews until the task is cancelled (nil), or the permits are lost: then why.
  private func renewals(
    of permits: API.Permits, since start: ContinuousClock.Instant, lease: Duration
  ) async -> MartletError? {
    var configuration = runner.configuration
    configuration.timeout = lease / 3
    let brief = LimitClient(runner: runner(configuration))
    var heard = start
    var pause = ContinuousClock.now - start > lease / 3 ? .zero : lease / 3
    while true {
      do {
        try await configuration.pause(pause)
        let sent = ContinuousClock.now
        try await brief.renew(
          permits.limit, owner: permits.owner, token: permits.token)
        heard = sent
        pause = lease / 3
      } catch let error as MartletError {
        let isUncertain = error.code == .unavailable || error.code == .deadlineExceeded
        guard isUncertain else { return error }
        if ContinuousClock.now - heard >= lease { return lost(permits, error) }
        pause = lease / 12
      } catch {
        return nil
      }
    }
  }

  private func lost(_ permits: API.Permits, _ error: MartletError) -> MartletError {
    MartletError(
      code: .failedPrecondition, reason: .permitsNotHeld,
      message: "Permits of \"\(permits.limit)\" could not be renewed in time: \(error.message)",
      metadata: ["limit": permits.limit, "token": "\(permits.token)"], target: runner.target)
  }
}
