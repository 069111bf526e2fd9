public import Logging
public import MartletRPC

/// Writes one line for each call that has ended: its method, caller, status and time.
///
/// Calls that ended as they may (OK, or the caller's own doing) are at `level`; those that say
/// something about the server (UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS, DEADLINE_EXCEEDED) at
/// `failureLevel`. Neither messages nor metadata are written: they may hold secrets.
public struct LoggingInterceptor: ServerInterceptor {
  private let logger: Logger
  private let level: Logger.Level
  private let failureLevel: Logger.Level

  public init(
    logger: Logger, level: Logger.Level = .debug, failureLevel: Logger.Level = .warning
  ) {
    self.logger = logger
    self.level = level
    self.failureLevel = failureLevel
  }

  public nonisolated(nonsending) func intercept(
    _ context: CallContext, next: nonisolated(nonsending) () async throws -> Void
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
    _ context: CallContext, _ error: (any Error)?, since start: ContinuousClock.Instant
  ) {
    let code = context.outcome(error)
    logger.log(
      level: Self.isFailure(code) ? failureLevel : level, "call ended",
      metadata: [
        "method": "\(context.method.path)", "peer": "\(context.peer)", "status": "\(code)",
        "duration": "\(ContinuousClock.now - start)",
      ])
  }

  private static func isFailure(_ code: StatusCode) -> Bool {
    [.unknown, .internalError, .unavailable, .dataLoss, .deadlineExceeded].contains(code)
  }
}
