import CLinux
import Glibc
import Synchronization
import Testing

@testable import MartletServer

@Suite("Thread ranks")
struct ThreadRankTests {
  /// Of the main thread. Others may have been started by handlers, and be nicer from the beginning.
  private let process = martlet_nice(getpid())

  @Test("each rank lets those go before it that answers wait for more")
  func order() throws {
    let order = [ThreadRank.relay, .first, .engine, .second, .last]
    let nice = try order.map { try Self.nice($0) }
    #expect(nice == nice.sorted())
    #expect(nice[0] == nice[1])
    #expect(nice[3] >= min(19, process + 9) && nice[4] >= min(19, process + 12))
  }

  @Test("handlers run on threads of the second rank")
  func handlers() async {
    let ticker = HandlerTicker()
    let executor = HandlerExecutor(name: "ranks", slots: 1, ticker: ticker)
    let nice = await Task(executorPreference: executor) { martlet_nice(0) }.value
    #expect(nice >= min(19, process + 9))
    executor.shutdown()
    ticker.shutdown()
  }

  private static func nice(_ rank: ThreadRank) throws -> Int32 {
    let found = Found()
    let thread = SystemThread.start(name: "rank", rank: rank) {
      found.nice.store(martlet_nice(0), ordering: .relaxed)
    }
    try #require(thread).join()
    return found.nice.load(ordering: .relaxed)
  }

  private final class Found: Sendable {
    let nice = Atomic<Int32>(0)
  }
}
