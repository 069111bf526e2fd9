import CLinux

/// How soon a thread gets a core when more threads could run than there are cores.
///
/// One task passes through many threads: an event loop, the engine, the log, the engine again, the
/// threads of its pool, the index. Under load the kernel would let each of them wait for its turn
/// behind all others, a millisecond or four each time. So those that answers wait for go first.
/// See docs/decisions/0012-answers-go-first.md.
package enum ThreadRank: Sendable {
  /// Answers wait for it: event loops, engine, log, readers. As the process is.
  case first
  /// Runs handlers, which may compute for as long as they like.
  case second
  /// Works off what is durable and answered already.
  case last

  /// Nanoseconds that a thread behind the others runs at a time, if they let it.
  private static let slice: UInt64 = 3_000_000

  /// Takes the rank for the thread that asks. It cannot be taken back, and a thread that this one
  /// starts begins with it. Without effect where the kernel refuses, or an operator has chosen a
  /// policy for the process.
  func take() {
    switch self {
    case .first: break
    case .second: _ = martlet_step_back(5, Self.slice)
    case .last: _ = martlet_step_back(10, Self.slice)
    }
  }
}
