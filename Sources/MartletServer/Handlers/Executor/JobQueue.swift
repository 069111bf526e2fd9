/// What a thread of a `HandlerExecutor` runs.
enum HandlerJob {
  /// A piece of a Swift task.
  case task(UnownedJob)
  /// A call with a number.
  case call(@Sendable (Int) -> Void, Int)
}

/// Jobs to take, first in, first out. Filled whole, by exchange with the jobs that came meanwhile.
struct JobQueue {
  private var jobs: [HandlerJob] = []
  private var next = 0

  /// What an empty array may keep of its room after a burst.
  private static let roomMax = 4096

  var count: Int { jobs.count - next }

  mutating func popFirst() -> HandlerJob? {
    guard next < jobs.count else { return nil }
    defer { next += 1 }
    return jobs[next]
  }

  /// Takes over all of `arrived`, which is left empty. Only when this queue is empty.
  mutating func refill(from arrived: inout [HandlerJob]) {
    jobs.removeAll(keepingCapacity: jobs.capacity <= Self.roomMax)
    next = 0
    swap(&jobs, &arrived)
  }
}
