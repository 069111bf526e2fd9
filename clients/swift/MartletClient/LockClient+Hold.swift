extension LockClient {
  /// Waits for the lock, runs `body` while it is held, and releases it; renews it meanwhile.
  ///
  /// Throws what `body` throws; `.lockHeld` if the lock was not to be had in time; `.lockNotHeld`
  /// if it was lost: then `body` is cancelled, and has ended when this throws. It counts as lost,
  /// too, when it could not be renewed for the length of its lease. A restart of the server within
  /// that time loses nothing.
  ///
  /// - Parameters:
  ///   - owner: Who is to hold it; nil: a name of its own for each call, so that one waits for the
  ///     other.
  ///   - lease: 1 s to 24 h.
  ///   - wait: How long to wait in line, at most 24 h.
  public func withLock<Value: Sendable>(
    _ name: String, owner: String? = nil, lease: Duration = .seconds(15),
    wait: Duration = LockClient.waitMax,
    _ body: @escaping @Sendable (API.Lock) async throws -> Value
  ) async throws -> Value {
    let owner = owner ?? RequestID.random()
    let start = ContinuousClock.now
    let lock = try await acquire(name, owner: owner, lease: lease, wait: wait).value
    // The lease began when the lock was granted, and how long that took is not known: of one that
    // had to wait, the first renewal comes at once.
    let result = await held(lock, since: start, lease: lease, body)
    // Also if this task is cancelled.
    await Task { _ = try? await release(name, owner: owner, token: lock.token) }.value
    return try result.get()
  }

  private func held<Value: Sendable>(
    _ lock: API.Lock, since start: ContinuousClock.Instant, lease: Duration,
    _ body: @escaping @Sendable (API.Lock) async throws -> Value
  ) async -> Result<Value, any Error> {
    await withTaskGroup(of: Result<Value, any Error>?.self) { group in
      group.addTask {
        do { return .success(try await body(lock)) } catch { return .failure(error) }
      }
      group.addTask {
        await renewals(of: lock, since: start, lease: lease).map { .failure($0) }
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

  /// Renews until the task is cancelled (nil), or the lock is lost: then why.
  private func renewals(
    of lock: API.Lock, since start: ContinuousClock.Instant, lease: Duration
  ) async -> MartletError? {
    var configuration = runner.configuration
    configuration.timeout = lease / 3
    let brief = LockClient(runner: runner(configuration))
    var heard = start
    var pause = ContinuousClock.now - start > lease / 3 ? .zero : lease / 3
    while true {
      do {
        try await configuration.pause(pause)
        let sent = ContinuousClock.now
        try await brief.renew(lock.name, owner: lock.owner, token: lock.token)
        heard = sent
        pause = lease / 3
      } catch let error as MartletError {
        let isUncertain = error.code == .unavailable || error.code == .deadlineExceeded
        guard isUncertain else { return error }
        if ContinuousClock.now - heard >= lease { return lost(lock, error) }
        pause = lease / 12
      } catch {
        return nil
      }
    }
  }

  private func lost(_ lock: API.Lock, _ error: MartletError) -> MartletError {
    MartletError(
      code: .failedPrecondition, reason: .lockNotHeld,
      message: "The lock \"\(lock.name)\" could not be renewed in time: \(error.message)",
      metadata: ["lock": lock.name, "token": "\(lock.token)"], target: runner.target)
  }
}
