/// `sleep`: waits for `{"milliseconds": n}` or `{"seconds": x}`, at most a day, without taking a
/// thread. With `"steps": n` it reports its progress n times on the way.
package struct SleepHandler: TaskHandler {
  package let kind = "sleep"

  private static let example = "{\"milliseconds\": 100} or {\"seconds\": 1.5}"
  private static let secondsMax = 86_400.0
  private static let stepsMax = 1000

  private struct Payload: Decodable {
    var milliseconds: Double?
    var seconds: Double?
    var steps: Int?
  }

  package init() {}

  package func run(_ context: HandlerContext) async throws(HandlerFailure) -> HandlerResult {
    let payload = try JSONPayload.decode(
      Payload.self, from: context.payload, expected: Self.example)
    let length = try Self.length(payload)
    let steps = payload.steps ?? 1
    guard (1...Self.stepsMax).contains(steps) else {
      throw .invalidPayload("steps has to be 1 to \(Self.stepsMax)")
    }
    let start = ContinuousClock.now
    for step in 1...steps {
      do {
        try await Task.sleep(until: start + length * step / steps, clock: .continuous)
      } catch {
        throw .cancelled
      }
      if step < steps {
        context.report(
          HandlerProgress(
            percent: 100 * Double(step) / Double(steps), step: "step \(step) of \(steps)"))
      }
    }
    return HandlerResult()
  }

  private static func length(_ payload: Payload) throws(HandlerFailure) -> Duration {
    let seconds: Double
    switch (payload.milliseconds, payload.seconds) {
    case (let milliseconds?, nil): seconds = milliseconds / 1000
    case (nil, let whole?): seconds = whole
    default: throw .invalidPayload("the payload has to be JSON such as \(example)")
    }
    guard (0...secondsMax).contains(seconds) else {
      throw .invalidPayload("a sleep lasts 0 to \(Int(secondsMax)) seconds")
    }
    return .seconds(seconds)
  }
}
