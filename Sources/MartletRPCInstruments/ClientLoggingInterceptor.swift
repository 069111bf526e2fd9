public import Logging
public import MartletRPC

/// Writes one line for each call of a channel that has ended: its method, target, status and time.
/// Neither messages nor metadata are written: they may hold secrets.
public struct ClientLoggingInterceptor: ClientInterceptor {
  private let logger: Logger
  private let level: Logger.Level
  private let failureLevel: Logger.Level

  /// - Parameters:
  ///   - level: For calls that ended with OK or by the caller's own will.
  ///   - failureLevel: For all others.
  public init(
    logger: Logger, level: Logger.Level = .debug, failureLevel: Logger.Level = .info
  ) {
    self.logger = logger
    self.level = level
    self.failureLevel = failureLevel
  }

  public nonisolated(nonsending) func intercept(
    _ context: ClientCallContext, next: nonisolated(nonsending) () async throws -> Void
  ) async throws {
    let start = ContinuousClock.now
    do {
      try await next()
      write(context, nil, since: start)
    } catch {
      write(context, error, since: start)
      throw error
    }
  }

  private func write(
    _ context: ClientCallContext, _ error: (any Error)?, since start: ContinuousClock.Instant
  ) {
    let code = context.outcome(error)
    logger.log(
      level: [.ok, .cancelled].contains(code) ? level : failureLevel, "call made",
      metadata: [
        "method": "\(context.method.path)", "target": "\(context.target)", "status": "\(code)",
        "duration": "\(ContinuousClock.now - start)",
      ])
  }
}
