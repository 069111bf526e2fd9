/// Knows which streams of a connection were ever opened, so that one cannot be opened that is
/// older than others (RFC 9113 §5.1.1). The library forgets closed streams and would ignore it.
///
/// Clients number their streams without gaps, so what is kept is the gaps: usually none.
struct StreamIDGuard {
  /// Gaps that are remembered; the oldest is forgotten for one more.
  private static let gapsMax = 64

  private var last: Int32 = -1
  private var gaps: [ClosedRange<Int32>] = []

  enum Verdict: Equatable {
    case allowed
    /// Numbers were left out: legal, but nobody has a reason to do so often.
    case skipped
    /// A number that was left out comes after all: a connection error.
    case stale
  }

  /// A HEADERS frame begins on the stream.
  @inline(__always)
  mutating func headers(on id: Int32) -> Verdict {
    guard id == last &+ 2 else { return unusual(id) }
    last = id
    return .allowed
  }

  private mutating func unusual(_ id: Int32) -> Verdict {
    // Even numbers and 0 are the library's to refuse.
    guard id > last, id % 2 != 0 else {
      return gaps.contains { $0.contains(id) } ? .stale : .allowed
    }
    if gaps.count == Self.gapsMax { gaps.removeFirst() }
    gaps.append(last + 2...id - 2)
    last = id
    return .skipped
  }
}
