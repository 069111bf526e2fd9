internal import MartletRPC

/// Decides whether a stream that broke is opened again, and when.
///
/// Until it has been open once it is tried as often as any call; after that, for as long as the
/// configuration's patience lasts.
struct StreamRecovery {
  private let configuration: MartletClient.Configuration
  private let target: String
  private var wasOpen = false
  private var failures = 0
  private var lostAt: ContinuousClock.Instant?

  /// Errors of the connection that look like errors of the server are believed after this many
  /// in a row.
  private static let doubtfulFailuresMax = 5

  init(_ runner: CallRunner) {
    configuration = runner.configuration
    target = runner.target
  }

  /// The stream has brought something.
  mutating func progressed() {
    wasOpen = true
    failures = 0
    lostAt = nil
  }

  /// The delay before the stream is opened again; throws what ended it if it shall not be.
  mutating func delay(after cause: any Error) throws -> Duration {
    try Task.checkCancellation()
    let error: MartletError
    switch cause {
    case let status as RPCStatus: error = MartletError(status, target: target)
    case let known as MartletError: error = known
    default: throw cause
    }
    failures += 1
    switch error.code {
    case .unavailable: break
    case .unknown, .internalError, .cancelled, .aborted:
      guard failures < Self.doubtfulFailuresMax else { throw error }
    default: throw error
    }
    if !wasOpen, failures >= configuration.attemptsMax { throw error }
    let now = ContinuousClock.now
    let lostAt = self.lostAt ?? now
    self.lostAt = lostAt
    if let patience = configuration.lostConnectionPatience, now - lostAt > patience { throw error }
    let own = configuration.backoff.delay(attempt: failures, random: Double.random(in: 0..<1))
    return max(own, error.retryDelay ?? .zero)
  }

  /// What a stream means that ends well before it should: a server that stops.
  func endedEarly() -> MartletError {
    MartletError(code: .unavailable, message: "the server ended the stream", target: target)
  }
}
