import MartletCore
import Testing

@Suite("Retry policy")
struct RetryPolicyTests {
  /// The bits that move a delay neither way.
  let still: UInt64 = 1 << 63

  @Test("without jitter the delay doubles from 1 s and stays at 60 s")
  func doubling() {
    let policy = RetryPolicy(jitter: 0)
    let seconds = (1...8).map { policy.delay(afterAttempt: $0, randomBits: 7).nanoseconds }
    #expect(seconds == [1, 2, 4, 8, 16, 32, 60, 60].map { $0 * 1_000_000_000 })
  }

  @Test("the middle of the random range moves nothing")
  func middle() {
    #expect(RetryPolicy.default.delay(afterAttempt: 3, randomBits: still) == .seconds(4))
  }

  @Test("jitter is symmetric and reaches its share in both directions")
  func jitterRange() {
    let policy = RetryPolicy(jitter: 0.25)
    #expect(policy.delay(afterAttempt: 1, randomBits: 0) == .milliseconds(750))
    let most = policy.delay(afterAttempt: 1, randomBits: .max)
    #expect(most > .milliseconds(1249) && most <= .milliseconds(1250))
    var random = SeededRandom(seed: 1)
    var sum = 0.0
    for _ in 0..<10_000 {
      let delay = policy.delay(afterAttempt: 1, randomBits: random.next())
      #expect(delay >= .milliseconds(750) && delay <= .milliseconds(1250))
      sum += Double(delay.nanoseconds)
    }
    #expect(abs(sum / 10_000 - 1e9) < 1e7)
  }

  @Test("jitter never lifts a delay above the maximum")
  func neverAboveMaximum() {
    var random = SeededRandom(seed: 2)
    let policy = RetryPolicy(jitter: 1)
    for attempt in 1...200 {
      let delay = policy.delay(afterAttempt: attempt, randomBits: random.next())
      #expect(delay >= .zero && delay <= policy.maxBackoff)
    }
  }

  @Test("the same bits give the same delay")
  func deterministic() {
    let policy = RetryPolicy.default
    #expect(
      policy.delay(afterAttempt: 4, randomBits: 99) == policy.delay(afterAttempt: 4, randomBits: 99)
    )
  }

  @Test(
    "no policy and no attempt number overflows",
    arguments: [
      0, 1, -1, Double.infinity, -Double.infinity, Double.nan, Double.greatestFiniteMagnitude,
      Double.leastNonzeroMagnitude,
    ])
  func hostile(value: Double) {
    for span in [Int64.min, -1, 0, 1, .max] {
      for attempt in [Int.min, -1, 0, 1, 2, 1_000_000, .max] {
        let policy = RetryPolicy(
          initialBackoff: Span(nanoseconds: span), factor: value,
          maxBackoff: Span(nanoseconds: .max), jitter: value)
        for bits in [0, still, .max] {
          #expect(policy.delay(afterAttempt: attempt, randomBits: bits) >= .zero)
        }
      }
    }
  }

  @Test("attempts are counted with the first one")
  func attempts() {
    let policy = RetryPolicy(maxAttempts: 4)
    #expect(policy.allowsRetry(code: "X", attemptsMade: 3))
    #expect(!policy.allowsRetry(code: "X", attemptsMade: 4))
    #expect(!RetryPolicy(maxAttempts: 1).allowsRetry(code: "X", attemptsMade: 1))
  }

  @Test("a code that is named not retryable ends the task")
  func codes() {
    let policy = RetryPolicy(nonRetryableCodes: ["NOT_FOUND"])
    #expect(!policy.allowsRetry(code: "NOT_FOUND", attemptsMade: 1))
    #expect(policy.allowsRetry(code: "not_found", attemptsMade: 1))
  }
}

@Suite("Seeded random")
struct SeededRandomTests {
  @Test("gives the published numbers of SplitMix64")
  func knownValues() {
    var random = SeededRandom(seed: 1_234_567)
    let values = (0..<3).map { _ in random.next() }
    #expect(
      values == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
  }

  @Test("goes on from its state")
  func resumes() {
    var first = SeededRandom(seed: 5)
    _ = first.next()
    var second = SeededRandom(seed: first.state)
    #expect(first.next() == second.next())
  }
}
