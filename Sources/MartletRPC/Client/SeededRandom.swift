/// Chance that repeats itself for the same seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  /// A time give or take a part of it.
  mutating func vary(_ nanoseconds: UInt64, by part: Double) -> UInt64 {
    let share = 1 + part * (2 * Double.random(in: 0...1, using: &self) - 1)
    return UInt64(max(0, Double(nanoseconds) * share))
  }
}
