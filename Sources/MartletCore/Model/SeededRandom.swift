/// SplitMix64: the same seed gives the same numbers, on every machine. For jitter and simulation;
/// not for secrets.
package struct SeededRandom: RandomNumberGenerator, Hashable, Sendable {
  /// Where the sequence is: a generator made from this value goes on from here.
  package private(set) var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mixed(state)
  }

  /// A one-to-one scrambling of 64 bits: close inputs give unrelated outputs.
  package static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
