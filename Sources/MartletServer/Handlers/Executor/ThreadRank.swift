import CLinux

/// How soon a thread gets a core when more threads could run than there are cores.
///
/// One task passes through many threads: an event loop, the engine, the log, the engine again, the
/// threads of its pool, the index. Under load the kernel would let each of them wait for its turn
/// behind all others, a millisecond or four each time. So those that answers wait for go first.
/// See docs/decisions/0012-answers-go-first.md.
package enum ThreadRank: Sendable {
  /// Passes on what answers wait for, in microseconds: the log, as event loops do. It takes the
  /// core from whoever runs in longer slices.
  case relay
  /// Answers wait for it: readers. As the process is.
  case first
  /// Decides, for as long as there is work: the engine. Behind those that bring it work and take
  /// its answers away.
  case engine
  /// Runs handlers, which may compute for as long as they like.
  case second
  /// Works off what is durable and answered already.
  case last

  /// Nanoseconds that a thread runs at a time, if others let it.
  private static let (slice, shortSlice): (UInt64, UInt64) = (3_000_000, 100_000)

  /// Takes the rank for the thread that asks. It cannot be taken back, and a thread that this one
  /// starts begins with it. Without effect where the kernel refuses, or an operator has chosen a
  /// policy for the process.
  func take() {
    switch self {
    case .relay: _ = martlet_share_cores(0, 0, Self.shortSlice)
    case .first: break
    case .engine: _ = martlet_share_cores(6, 0, Self.slice)
    case .second: _ = martlet_share_cores(9, 1, Self.slice)
    case .last: _ = martlet_share_cores(12, 1, Self.slice)
    }
  }
}
