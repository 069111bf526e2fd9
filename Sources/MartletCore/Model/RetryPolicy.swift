/// How often a task is tried, and how long it waits between two tries.
package struct RetryPolicy: Hashable, Sendable {
  /// The first attempt included; at least 1, where 1 means: no retry.
  package var maxAttempts: Int
  /// The wait after the first failed attempt, before jitter.
  package var initialBackoff: Span
  /// The wait grows by this from attempt to attempt; at least 1.
  package var factor: Double
  /// No wait is longer, jitter included.
  package var maxBackoff: Span
  /// The share by which a wait may be shorter or longer than computed: 0 to 1.
  package var jitter: Double
  /// Failure codes that end the task at once, compared as they are.
  package var nonRetryableCodes: [String]

  package init(
    maxAttempts: Int = 4, initialBackoff: Span = .seconds(1), factor: Double = 2,
    maxBackoff: Span = .seconds(60), jitter: Double = 0.2, nonRetryableCodes: [String] = []
  ) {
    self.maxAttempts = maxAttempts
    self.initialBackoff = initialBackoff
    self.factor = factor
    self.maxBackoff = maxBackoff
    self.jitter = jitter
    self.nonRetryableCodes = nonRetryableCodes
  }

  package static let `default` = RetryPolicy()

  /// Whether a task that failed with `code` after `attemptsMade` attempts since its submission (or
  /// its reopening, which gives a fresh budget) is tried again.
  package func allowsRetry(code: String, attemptsMade: Int) -> Bool {
    attemptsMade < maxAttempts
      && !nonRetryableCodes.contains { $0.utf8.elementsEqual(code.utf8) }
  }

  /// How long the task waits after its failed attempt `n` (1 is the first).
  ///
  /// The base is `initialBackoff × factorⁿ⁻¹`, at most `maxBackoff`. Jitter then moves it by an
  /// even chance to anywhere within ± `jitter` × base, and the sum is cut to 0 … `maxBackoff`: a
  /// wait that has reached the maximum is therefore only ever made shorter, and half the time it
  /// is the maximum itself. The same bits give the same wait. Values out of their ranges are taken
  /// as the nearest in range, so that no policy can trap.
  package func delay(afterAttempt n: Int, randomBits: UInt64) -> Span {
    let longest = max(0, maxBackoff.nanoseconds)
    let first = Double(max(0, initialBackoff.nanoseconds))
    let growth = factor > 1 ? factor : 1
    let base = min(first * Self.power(growth, max(0, n &- 1)), Double(longest))
    let share = jitter > 0 ? min(jitter, 1) : 0
    // 53 bits make every value of [-1, 1) that a Double can hold at an even distance.
    let unit = Double(randomBits >> 11) * 0x1p-52 - 1
    let moved = base + base * share * unit
    guard moved > 0 else { return .zero }
    // Also true for values beyond Int64, whose conversion would trap.
    guard moved < Double(longest) else { return Span(nanoseconds: longest) }
    return Span(nanoseconds: Int64(moved))
  }

  /// `base` (at least 1) to the power of `exponent`, by squaring: the same on every machine, which
  /// a C library's `pow` is not. A result that no Double holds is the greatest one.
  private static func power(_ base: Double, _ exponent: Int) -> Double {
    let huge = Double.greatestFiniteMagnitude
    var result = 1.0
    var square = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result = min(result * square, huge) }
      square = min(square * square, huge)
      rest >>= 1
    }
    return result
  }
}
