import Glibc
import Synchronization

/// Runs the handlers of one pool on threads of their own, so that a handler that blocks holds up
/// nobody else, and its own pool only when it has taken every thread.
///
/// Threads are started when jobs wait (`ThreadPlan`), at most as many as the pool has slots and at
/// most 64, and end after 10 idle seconds. Swift tasks use it by `Task(executorPreference:)`.
package final class HandlerExecutor: TaskExecutor {
  package static let threadsMax = 64
  private static let idleSeconds = 10
  /// How often a thread looks for another job before it parks: a few microseconds, about what
  /// parking and being woken costs.
  private static let looksMax = 2000

  /// Where jobs arrive. A lock of its own, so that those who bring jobs and those who take them
  /// meet only when a thread has taken all that it knew of.
  private struct Arrivals {
    var jobs: [HandlerJob] = []
    /// `ThreadPlan.isAttended`, for those who bring jobs.
    var isAttended = false
  }

  /// Locked before `arrivals` if both are.
  private struct State {
    var plan: ThreadPlan
    var jobs = JobQueue()
    var parkers: [ThreadPlan.ThreadNumber: Parker] = [:]
    /// Threads that nobody has joined or detached.
    var threads: [ThreadPlan.ThreadNumber: SystemThread] = [:]
    /// Those that take room of the node's.
    var further: Set<ThreadPlan.ThreadNumber> = []
    var isJoining = false
  }

  private let name: String
  private let rank: ThreadRank
  private let ticker: HandlerTicker
  private let arrivals = Mutex(Arrivals())
  /// Whether `arrivals` has jobs: written under its lock, read by threads that look for some.
  private let hasArrivals = Atomic(false)
  private let state: Mutex<State>

  /// `name` is that of the pool, to be seen as the name of its threads.
  package init(
    name: String, slots: Int, rank: ThreadRank = .second, ticker: HandlerTicker
  ) {
    self.name = name
    self.rank = rank
    self.ticker = ticker
    let plan = ThreadPlan(
      limit: min(slots, Self.threadsMax), cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    state = Mutex(State(plan: plan))
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = HandlerJob.task(UnownedJob(job))
    let isAttended = arrivals.withLock { arrivals in
      arrivals.jobs.append(job)
      hasArrivals.store(true, ordering: .relaxed)
      return arrivals.isAttended
    }
    if !isAttended { act { plan, _ in plan.jobQueued() } }
  }

  /// Calls `body` with each of 0 ..< `count` on the threads of the pool, one job each. To start
  /// many tasks it is cheaper than to enqueue them: `body` makes its Swift task itself
  /// (`Task.immediate(executorPreference:)`), in memory that is freed on the same thread.
  package func execute(count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    guard count > 0 else { return }
    let isAttended = arrivals.withLock { arrivals in
      for number in 0..<count { arrivals.jobs.append(.call(body, number)) }
      hasArrivals.store(true, ordering: .relaxed)
      return arrivals.isAttended
    }
    if !isAttended { act { plan, _ in plan.jobQueued() } }
  }

  /// More slots may start threads at once; with fewer, surplus threads end after their jobs.
  package func setSlots(_ slots: Int) {
    act { plan, queued in plan.setLimit(min(slots, Self.threadsMax), queued: queued) }
  }

  /// Threads there are, at work or idle.
  package var threadCount: Int {
    state.withLock { $0.plan.busy + $0.plan.idle.count }
  }

  /// Ends all threads when what is queued has run, and waits for that. Blocks; comes after the end
  /// of the tasks that use the executor. A job that still comes later is not lost: it gets a thread
  /// that ends right after it.
  package func shutdown() {
    let woken = state.withLock { state in
      state.isJoining = true
      return state.plan.close().compactMap { state.parkers[$0] }
    }
    for parker in woken { parker.unpark() }
    while let thread = nextToJoin() { thread.join() }
  }

  private func nextToJoin() -> SystemThread? {
    state.withLock { state in
      guard let number = state.threads.keys.first else {
        state.isJoining = false
        return nil
      }
      return state.threads.removeValue(forKey: number)
    }
  }
}

// What brings threads to the jobs.
extension HandlerExecutor {
  /// What the ticker calls. Whether it is to call again.
  func tick() -> Bool {
    let (parkers, goesOn) = state.withLock { state in
      let decision = change(&state) { plan, queued in plan.tick(queued: queued) }
      for number in decision.start where !start(number, &state) {
        _ = change(&state) { plan, _ in plan.startFailed(number) }
      }
      return (decision.wake.compactMap { state.parkers[$0] }, decision.goesOn)
    }
    for parker in parkers { parker.unpark() }
    return goesOn
  }

  /// Asks the plan, and does what it says as far as possible outside the lock.
  private func act(_ ask: (inout ThreadPlan, _ queued: Int) -> ThreadPlan.OnQueued) {
    enum Rest {
      case nothing
      case watch
      case unpark(Parker)
    }
    let rest: Rest = state.withLock { state in
      switch change(&state, ask) {
      case .nothing: return .nothing
      case .watch: return .watch
      case .wake(let number): return state.parkers[number].map { .unpark($0) } ?? .nothing
      case .start(let number):
        if start(number, &state) { return .nothing }
        return change(&state) { plan, _ in plan.startFailed(number) } == .watch ? .watch : .nothing
      }
    }
    switch rest {
    case .nothing: break
    case .watch: ticker.watch(self)
    case .unpark(let parker): parker.unpark()
    }
  }

  /// Asks the plan something that may change what those who bring jobs have to know. Jobs that have
  /// arrived are known from then on, if none were.
  private func change<Answer>(
    _ state: inout State, _ ask: (inout ThreadPlan, _ queued: Int) -> Answer
  ) -> Answer {
    arrivals.withLock { arrivals in
      if state.jobs.count == 0 {
        state.jobs.refill(from: &arrivals.jobs)
        hasArrivals.store(false, ordering: .relaxed)
      }
      let answer = ask(&state.plan, state.jobs.count + arrivals.jobs.count)
      arrivals.isAttended = state.plan.isAttended
      return answer
    }
  }

  /// Under the lock, so that the thread finds itself in the state when it asks for work.
  private func start(_ number: ThreadPlan.ThreadNumber, _ state: inout State) -> Bool {
    let isFurther = !state.parkers.isEmpty
    if isFurther, !ticker.reserveThread() { return false }
    let parker = Parker()
    guard
      let thread = SystemThread.start(name: name, rank: rank, { [self] in run(number, parker) })
    else {
      if isFurther { ticker.releaseThread() }
      return false
    }
    if isFurther { state.further.insert(number) }
    state.threads[number] = thread
    state.parkers[number] = parker
    return true
  }
}

// The life of a thread.
extension HandlerExecutor {
  private func run(_ number: ThreadPlan.ThreadNumber, _ parker: Parker) {
    let executor = asUnownedTaskExecutor()
    while true {
      let (decision, job) = next(number)
      switch decision {
      case .take:
        switch job {
        case .task(let job): job.runSynchronously(on: executor)
        case .call(let body, let number): body(number)
        case nil: break
        }
      case .park:
        if parker.park(seconds: Self.idleSeconds) { continue }
        if endsAfterTimeOut(number) { return }
        // Woken just when it stopped waiting: the permit to pass is on its way.
        parker.park()
      case .end: return
      }
    }
  }

  private typealias Next = (ThreadPlan.OnFree, HandlerJob?)

  private func next(_ number: ThreadPlan.ThreadNumber) -> Next {
    let known: Next? = state.withLock { state in
      let count = state.jobs.count
      guard count > 0 else { return nil }
      return settle(state.plan.threadIsFree(number, queued: count), number, &state)
    }
    if let known { return known }
    var looks = 0
    while looks < Self.looksMax, !hasArrivals.load(ordering: .relaxed) { looks += 1 }
    return state.withLock { state in
      let decision = change(&state) { plan, queued in plan.threadIsFree(number, queued: queued) }
      return settle(decision, number, &state)
    }
  }

  private func settle(
    _ decision: ThreadPlan.OnFree, _ number: ThreadPlan.ThreadNumber, _ state: inout State
  ) -> Next {
    if decision == .end { forget(number, &state) }
    return (decision, decision == .take ? state.jobs.popFirst() : nil)
  }

  private func endsAfterTimeOut(_ number: ThreadPlan.ThreadNumber) -> Bool {
    state.withLock { state in
      guard state.plan.parkTimedOut(number) else { return false }
      forget(number, &state)
      return true
    }
  }

  private func forget(_ number: ThreadPlan.ThreadNumber, _ state: inout State) {
    state.parkers[number] = nil
    if state.further.remove(number) != nil { ticker.releaseThread() }
    if !state.isJoining { state.threads.removeValue(forKey: number)?.detach() }
  }
}
