import MartletCore
import Testing

@Suite("The wait after a failure")
struct RetryDelayTests {
  let rule = RetryDelay(
    policy: RetryPolicy(maxAttempts: 3, jitter: 0, nonRetryableCodes: ["BAD"]),
    classDelays: ["network": .seconds(30), "cache": .zero])

  private func wait(
    _ code: String = "", of failureClass: String = "", delay: Span? = nil,
    retryable: Bool = true, made: Int = 1
  ) -> Span? {
    let failure = Failure(
      kind: .handler, code: code, message: "", attempt: 1, retryable: retryable,
      failureClass: failureClass, retryDelay: delay)
    return rule.wait(after: failure, attemptsMade: made, randomBits: 7)
  }

  @Test("the failure's own delay comes first, then the pool's for its class, then the back-off")
  func order() {
    #expect(wait(of: "network", delay: .seconds(7)) == .seconds(7))
    #expect(wait(of: "network") == .seconds(30))
    #expect(wait(of: "unheard-of") == .seconds(1))
    #expect(wait() == .seconds(1))
    #expect(wait(made: 2) == .seconds(2))
  }

  @Test("a delay of nothing is a delay: at once")
  func zero() {
    #expect(wait(of: "network", delay: .zero) == .zero)
    #expect(wait(of: "cache") == .zero)
  }

  @Test("no delay makes an attempt more than the policy allows")
  func budget() {
    #expect(wait(delay: .seconds(7), made: 3) == nil)
    #expect(wait(of: "network", made: 3) == nil)
    #expect(wait("BAD", of: "network", delay: .seconds(7)) == nil)
    #expect(wait(of: "network", delay: .seconds(7), retryable: false) == nil)
  }

  @Test("a delay may be longer than the policy's longest back-off")
  func beyondTheMaximum() {
    #expect(wait(delay: .seconds(10 * 365 * 86_400)) == .seconds(10 * 365 * 86_400))
  }
}
