internal import MartletProtobuf
internal import MartletRPC

/// Makes the calls of one client: metadata, time limits, repeats, typed errors.
struct CallRunner: Sendable {
  let channel: RPCChannel
  let target: String
  let configuration: MartletClient.Configuration

  /// The largest reply that the client takes: lists end their pages at 1 MiB, single tasks may
  /// bring a payload and a result of 1 MiB each.
  static let responseBytesMax = 16 << 20

  /// Whether a call does no harm when it is made again.
  enum Repeats {
    /// A second one could change something, or answer otherwise than the first.
    case never
    case always
  }

  /// One call; again, after a delay, while it is safe to repeat and worth it.
  func unary<Request: ProtobufMessage, Response: ProtobufMessage>(
    _ method: MethodDescriptor, _ request: Request, repeats: Repeats
  ) async throws -> Response {
    let end = configuration.timeout.map { ContinuousClock.now + $0 }
    var attempt = 1
    while true {
      let error: MartletError
      do {
        return try await channel.unary(method, request, options: options(until: end))
      } catch let status as RPCStatus {
        error = MartletError(status, target: target)
      }
      try Task.checkCancellation()
      guard let delay = delay(after: error, attempt: attempt, repeats: repeats) else { throw error }
      if let end, ContinuousClock.now + delay >= end { throw error }
      try await configuration.pause(delay)
      if error.code == .unavailable { attempt += 1 }
    }
  }

  /// A server's stream. Has no time limit, and is not repeated here.
  func stream<Request: ProtobufMessage, Response: ProtobufMessage>(
    _ method: MethodDescriptor, _ request: Request
  ) -> ResponseStream<Response> {
    channel.serverStreaming(method, request, options: options(until: nil))
  }

  private func options(until end: ContinuousClock.Instant?) -> CallOptions {
    var options = CallOptions()
    options.maxResponseBytes = Self.responseBytesMax
    options.timeout = end.map { max(.milliseconds(1), $0 - .now) }
    if let actor = configuration.actor { options.metadata.append("martlet-actor", actor) }
    return options
  }

  private func delay(after error: MartletError, attempt: Int, repeats: Repeats) -> Duration? {
    guard repeats == .always else { return nil }
    let random = Double.random(in: 0..<1)
    if error.code == .unavailable, attempt < configuration.attemptsMax {
      let own = configuration.backoff.delay(attempt: attempt, random: random)
      return max(own, error.retryDelay ?? .zero)
    }
    if error.code == .resourceExhausted, configuration.waitsForRoom, let asked = error.retryDelay {
      return asked * (1 + configuration.backoff.jitter * random)
    }
    return nil
  }
}
