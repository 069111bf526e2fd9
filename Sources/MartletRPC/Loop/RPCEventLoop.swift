internal import MartletHTTP2
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Something that collects output during a turn of its loop and sends it at the end, in one write.
protocol TurnFlushable: AnyObject {
  func flushTurn()
}

/// One event loop as the runtime sees it: work runs in *turns*. A turn runs all jobs and closures
/// that are waiting, then flushes each connection that has something to send, once. So all replies
/// made in a turn share a write.
///
/// It is the task executor of the handlers of its connections. Work from other threads is collected
/// in an inbox and costs one wake-up for as many items as arrive before the loop gets there.
///
/// `@unchecked Sendable`: everything but the inbox is touched on the loop's own thread only.
@usableFromInline
final class RPCEventLoop: TaskExecutor, @unchecked Sendable {
  private enum Work {
    case job(UnownedJob)
    case body(@Sendable () -> Void)
  }

  private struct Inbox {
    var work: ContiguousArray<Work> = []
    var isTurnScheduled = false
  }

  let eventLoop: any EventLoop
  /// The memory of the HTTP/2 sessions of this loop.
  let http2Memory = HTTP2Memory()
  /// Deadlines of the calls of this loop.
  @exclusivity(unchecked) var deadlines = DeadlineHeap()
  /// Shared by the connections of the loop: the socket has usually taken the bytes before the next
  /// one needs it.
  @exclusivity(unchecked) var outputBuffer = ByteBuffer()

  /// For the messages of the calls of this loop.
  let gzip = GzipCoder()
  private(set) lazy var inflater = Inflater(loop: self)

  private let inbox = Mutex(Inbox())
  @exclusivity(unchecked) private var work: ContiguousArray<Work> = []
  @exclusivity(unchecked) private var spare: ContiguousArray<Work> = []
  @exclusivity(unchecked) private var dirty: ContiguousArray<any TurnFlushable> = []
  @exclusivity(unchecked) private var isInTurn = false
  @exclusivity(unchecked) private var isCapturing = false
  @exclusivity(unchecked) private var captured: UnownedJob?
  @exclusivity(unchecked) private var isTurnScheduled = false
  @exclusivity(unchecked) private var timer: (at: UInt64, scheduled: Scheduled<Void>)?

  init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  @usableFromInline var isCurrent: Bool { eventLoop.inEventLoop }

  /// Nanoseconds of the clock that deadlines are on.
  var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

  // MARK: Work

  @usableFromInline
  func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

  /// Runs `body` on the loop, in the turn that is going on or in the next one.
  func execute(_ body: @escaping @Sendable () -> Void) { add(.body(body)) }

  /// Runs the job that `body` enqueues now, instead of later in the turn. Not from within a job.
  func runInline(_ body: () -> Void) {
    isCapturing = true
    body()
    isCapturing = false
    guard let job = captured else { return }
    captured = nil
    job.runSynchronously(on: asUnownedTaskExecutor())
  }

  private func add(_ item: Work) {
    if eventLoop.inEventLoop {
      if isCapturing, case .job(let job) = item {
        isCapturing = false
        captured = job
        return
      }
      work.append(item)
      scheduleTurn()
      return
    }
    let isFirst = inbox.withLock { inbox in
      inbox.work.append(item)
      defer { inbox.isTurnScheduled = true }
      return !inbox.isTurnScheduled
    }
    if isFirst { eventLoop.execute { self.runTurn() } }
  }

  /// The connection has something to send at the end of the turn.
  func markDirty(_ connection: any TurnFlushable) {
    dirty.append(connection)
    scheduleTurn()
  }

  /// Everything done in `body` belongs to a turn that `runTurn` will end (the caller promises to
  /// call it).
  @inline(__always)
  func duringTurn(_ body: () -> Void) {
    let wasInTurn = isInTurn
    isInTurn = true
    body()
    isInTurn = wasInTurn
  }

  private func scheduleTurn() {
    guard !isInTurn, !isTurnScheduled else { return }
    isTurnScheduled = true
    eventLoop.execute { self.runTurn() }
  }

  /// Runs what is waiting and flushes. Work that keeps making more work (a writer whose client
  /// reads as fast) is put off to another turn after a few rounds, so that sockets are read in
  /// between.
  func runTurn() {
    guard !isInTurn else { return }
    isInTurn = true
    isTurnScheduled = false
    takeInbox()
    var rounds = 0
    while rounds < 4, !work.isEmpty || !dirty.isEmpty {
      rounds += 1
      runWork()
      flushDirty()
    }
    isInTurn = false
    if !work.isEmpty || !dirty.isEmpty { scheduleTurn() }
  }

  private func takeInbox() {
    inbox.withLock { inbox in
      inbox.isTurnScheduled = false
      if work.isEmpty {
        swap(&work, &inbox.work)
      } else if !inbox.work.isEmpty {
        work.append(contentsOf: inbox.work)
        inbox.work.removeAll(keepingCapacity: true)
      }
    }
  }

  private func runWork() {
    guard !work.isEmpty else { return }
    let executor = asUnownedTaskExecutor()
    // Two arrays take turns, so that work that arrives meanwhile allocates nothing.
    var batch = ContiguousArray<Work>()
    swap(&batch, &spare)
    swap(&batch, &work)
    for item in batch {
      switch item {
      case .job(let job): job.runSynchronously(on: executor)
      case .body(let body): body()
      }
    }
    batch.removeAll(keepingCapacity: batch.count < 4096)
    swap(&batch, &spare)
  }

  private func flushDirty() {
    var index = 0
    while index < dirty.count {
      dirty[index].flushTurn()
      index &+= 1
    }
    dirty.removeAll(keepingCapacity: true)
  }

  // MARK: Deadlines

  func addDeadline(_ holder: any DeadlineHolder, at nanoseconds: UInt64) {
    deadlines.insert(holder, at: nanoseconds)
    armTimer()
  }

  func removeDeadline(_ holder: any DeadlineHolder) { deadlines.remove(holder) }

  /// One timer serves all deadlines. It is not moved when the earliest deadline goes away: it
  /// fires, sees that, and arms again.
  private func armTimer() {
    guard let earliest = deadlines.earliest else { return }
    if let timer {
      guard earliest < timer.at else { return }
      timer.scheduled.cancel()
    }
    let scheduled = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(earliest)) {
      self.timer = nil
      self.duringTurn {
        for holder in self.deadlines.takeExpired(at: self.now) { holder.deadlinePassed() }
      }
      self.armTimer()
      self.runTurn()
    }
    timer = (earliest, scheduled)
  }
}
