internal import CLinux
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The event loops of the process, shared by all servers and channels that ask for the same number.
/// They are never shut down: a handler or a library may hold on to a call's loop after the server
/// has gone.
final class RPCEventLoops: Sendable {
  private static let shared = Mutex<[Int: RPCEventLoops]>([:])

  /// Nanoseconds that a loop runs at a time when others want the core, on kernels from 6.12 on: a
  /// turn of a loop takes less, and then it does not wait behind those that compute.
  private static let slice: UInt64 = 100_000

  let group: MultiThreadedEventLoopGroup
  let loops: [RPCEventLoop]
  private let position = Atomic<Int>(0)

  private init(count: Int) {
    group = MultiThreadedEventLoopGroup(numberOfThreads: count)
    loops = group.makeIterator().map { RPCEventLoop($0) }
    for loop in group.makeIterator() {
      loop.execute { _ = martlet_share_cores(0, 0, Self.slice) }
    }
  }

  /// As many loops as the machine has cores, at least 2 and at most 8.
  static var defaultCount: Int { min(8, max(2, System.coreCount)) }

  static func with(count: Int? = nil) -> RPCEventLoops {
    let count = max(1, min(64, count ?? defaultCount))
    return shared.withLock { shared in
      if let loops = shared[count] { return loops }
      let loops = RPCEventLoops(count: count)
      shared[count] = loops
      return loops
    }
  }

  /// One loop after the other.
  func next() -> RPCEventLoop {
    let index = position.wrappingAdd(1, ordering: .relaxed).oldValue
    return loops[Int(UInt(bitPattern: index) % UInt(loops.count))]
  }
}
