/// Decides how many threads drain a queue of jobs; knows neither threads nor jobs.
///
/// One thread drains a burst of tiny jobs fastest: each further one costs wake-ups and contention.
/// So a queued job wakes a thread only if none is at work. More are added when a tick of time (1
/// ms) shows that the ones at work do not keep up: quickly if no job at all was taken, one by one
/// while jobs are long. And threads that find themselves among others at work on tiny jobs retire.
struct ThreadPlan {
  /// Of one executor, counted from 0 and not used twice.
  typealias ThreadNumber = Int

  /// At least 1. Threads above a lowered limit end when they have done their job.
  private(set) var limit: Int
  private(set) var isClosed = false
  /// Threads that run a job, or are on their way to take one.
  private(set) var busy = 0
  /// Parked threads, the one that parked last at the end.
  private(set) var idle: [ThreadNumber] = []

  /// Threads on their way that have not yet asked for a job.
  private var arriving: Set<ThreadNumber> = []
  private let cores: Int
  private var started = 0
  private var lastTaker: ThreadNumber?
  /// Whether `tick` is to be called.
  private var isWatched = false
  /// Jobs taken since the last tick; nil: not yet a whole tick with jobs in the queue.
  private var takenSinceTick: Int?
  private var addedAtTick = 0
  private var quietTicks = 0

  /// Ticks without a queued job after which watching ends: it is not worth a wake-up of the ticker
  /// for every job.
  private static let quietTicksMax = 8
  /// A thread that takes fewer jobs in a tick may be waiting in them (125 µs and more each).
  private static let longJobsPerTick = 8
  /// A thread that takes fewer is busy enough that another core would help (15 µs and more each).
  private static let shortJobsPerTick = 64
  /// With more in a tick (4 µs each), one thread is enough.
  private static let tinyJobsPerTick = 256

  init(limit: Int, cores: Int) {
    self.limit = max(1, limit)
    self.cores = max(1, cores)
  }

  /// Whether a queued job is found without telling: by a thread that comes back, or by `tick`.
  var isAttended: Bool { busy > 0 && (isWatched || busy >= limit) }

  enum OnQueued: Equatable {
    case nothing
    case wake(ThreadNumber)
    case start(ThreadNumber)
    case watch
  }

  /// There is a job in the queue and `isAttended` is false, or it is not known.
  mutating func jobQueued() -> OnQueued {
    if busy == 0 { return activate() }
    guard !isAttended else { return .nothing }
    watch()
    return .watch
  }

  enum OnFree: Equatable {
    case take
    case park
    case end
  }

  /// A thread has nothing to do and asks what next.
  mutating func threadIsFree(_ thread: ThreadNumber, queued: Int) -> OnFree {
    if !arriving.isEmpty { arriving.remove(thread) }
    if queued > 0 && busy <= limit && !isSuperfluous(thread) {
      takenSinceTick? += 1
      lastTaker = thread
      return .take
    }
    busy -= 1
    if isClosed || busy + idle.count >= limit { return .end }
    idle.append(thread)
    return .park
  }

  /// Tiny jobs are being taken, and another thread took the last one: it is not blocked.
  private func isSuperfluous(_ thread: ThreadNumber) -> Bool {
    guard busy > 1, let takenSinceTick, let lastTaker else { return false }
    return takenSinceTick > Self.tinyJobsPerTick && lastTaker != thread
  }

  /// A thread was parked for as long as it may. Whether it ends: if not, it was woken just now.
  mutating func parkTimedOut(_ thread: ThreadNumber) -> Bool {
    guard let place = idle.firstIndex(of: thread) else { return false }
    idle.remove(at: place)
    return true
  }

  /// The system refused a thread; `tick` tries again.
  mutating func startFailed(_ thread: ThreadNumber) -> OnQueued {
    busy -= 1
    arriving.remove(thread)
    if isWatched { return .nothing }
    watch()
    return .watch
  }

  struct OnTick: Equatable {
    var wake: [ThreadNumber] = []
    var start: [ThreadNumber] = []
    /// Whether the next tick is wanted.
    var goesOn = true
  }

  /// A tick of time has passed while watched.
  mutating func tick(queued: Int) -> OnTick {
    guard queued > 0 else {
      takenSinceTick = nil
      addedAtTick = 0
      quietTicks += 1
      isWatched = quietTicks < Self.quietTicksMax
      return OnTick(goesOn: isWatched)
    }
    quietTicks = 0
    let taken = takenSinceTick
    takenSinceTick = 0
    guard let taken else { return OnTick() }
    guard busy < limit else {
      isWatched = false
      takenSinceTick = nil
      return OnTick(goesOn: false)
    }
    // The system is short of cores, not of threads.
    guard arriving.isEmpty else { return OnTick() }
    addedAtTick = min(threadsToAdd(taken: taken), limit - busy, queued)
    var result = OnTick()
    for _ in 0..<addedAtTick {
      switch activate() {
      case .wake(let thread): result.wake.append(thread)
      case .start(let thread): result.start.append(thread)
      case .nothing, .watch: break
      }
    }
    return result
  }

  private func threadsToAdd(taken: Int) -> Int {
    // What the threads of the last tick took themselves says nothing about the others.
    if taken <= addedAtTick { return max(1, 2 * addedAtTick) }
    if taken < Self.longJobsPerTick * busy { return 1 }
    return taken < Self.shortJobsPerTick * busy && busy < cores ? 1 : 0
  }

  mutating func setLimit(_ limit: Int, queued: Int) -> OnQueued {
    self.limit = max(1, limit)
    return queued > 0 ? jobQueued() : .nothing
  }

  /// Threads are to end when nothing is queued. Returns those to wake for that.
  mutating func close() -> [ThreadNumber] {
    isClosed = true
    let woken = idle
    busy += idle.count
    idle = []
    return woken
  }

  private mutating func activate() -> OnQueued {
    busy += 1
    if let thread = idle.popLast() {
      arriving.insert(thread)
      return .wake(thread)
    }
    defer { started += 1 }
    arriving.insert(started)
    return .start(started)
  }

  private mutating func watch() {
    isWatched = true
    takenSinceTick = nil
    addedAtTick = 0
    quietTicks = 0
  }
}
