/// `fail`: fails as told, to try out retries. `{"code": "…", "message": "…", "retryable": true,
/// "times": n}`, of which all may be left out; with `times` it succeeds from attempt n + 1 on.
package struct FailHandler: TaskHandler {
  package let kind = "fail"

  private struct Payload: Decodable {
    var code: String?
    var message: String?
    var retryable: Bool?
    var times: Int?
  }

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
    throw HandlerFailure(
      code: payload.code ?? "FAILED", message: payload.message ?? "failed as asked",
      retryable: payload.retryable ?? true)
  }
}
