import MartletCore

/// `fail`: fails as told, to try out retries. `{"code": "…", "message": "…", "retryable": true,
/// "class": "network", "retry_delay_ms": n, "snooze_ms": n, "times": n}`, of which all may be left
/// out; with `snooze_ms` it gives the attempt back, with `times` it succeeds from attempt n + 1 on.
package struct FailHandler: TaskHandler {
  package let kind = "fail"

  private struct Payload: Decodable {
    var code: String?
    var message: String?
    var retryable: Bool?
    var failureClass: String?
    var retryDelay: Int64?
    var snooze: Int64?
    var times: Int?

    enum CodingKeys: String, CodingKey {
      case code, message, retryable, times
      case failureClass = "class"
      case retryDelay = "retry_delay_ms"
      case snooze = "snooze_ms"
    }
  }

  private static let delayRange: ClosedRange<Int64> = 0...86_400_000

  private struct Outcome: Encodable {
    var attempt: Int
  }

  package init() {}

  package func run(_ context: HandlerContext) async throws(HandlerFailure) -> HandlerResult {
    let payload = try JSONPayload.decode(
      Payload.self, from: context.payload, expected: "{\"code\": \"BROKEN\", \"times\": 2}")
    if let times = payload.times, context.attempt > times {
      return try JSONPayload.result(Outcome(attempt: context.attempt))
    }
    for delay in [payload.retryDelay, payload.snooze].compactMap(\.self)
    where !Self.delayRange.contains(delay) {
      throw .invalidPayload("a delay has to be 0 to 86400000 ms, a day")
    }
    if let snooze = payload.snooze { throw .snooze(for: .milliseconds(snooze)) }
    let failureClass = payload.failureClass ?? ""
    guard failureClass.isEmpty || NameRule.isFailureClass(failureClass) else {
      throw .invalidPayload("class has to be a class: \(NameRule.failureClassText)")
    }
    throw HandlerFailure(
      code: payload.code ?? "FAILED", message: payload.message ?? "failed as asked",
      retryable: payload.retryable ?? true, failureClass: failureClass,
      retryDelay: payload.retryDelay.map { .milliseconds($0) })
  }
}
