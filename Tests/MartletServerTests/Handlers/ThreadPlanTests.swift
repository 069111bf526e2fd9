import Testing

@testable import MartletServer

@Suite("Thread plan")
struct ThreadPlanTests {
  @Test("the first job starts a thread, the next ones only have it watched")
  func firstJob() {
    var plan = ThreadPlan(limit: 4, cores: 2)
    #expect(plan.jobQueued() == .start(0))
    #expect(!plan.isAttended)
    #expect(plan.jobQueued() == .watch)
    #expect(plan.isAttended)
    #expect(plan.jobQueued() == .nothing)
  }

  @Test("with one thread allowed and at work there is nothing to watch")
  func oneThread() {
    var plan = ThreadPlan(limit: 1, cores: 2)
    #expect(plan.jobQueued() == .start(0))
    #expect(plan.isAttended)
    #expect(plan.jobQueued() == .nothing)
  }

  @Test("a thread with nothing to do parks, and the one that parked last is woken first")
  func parking() {
    var plan = ThreadPlan.blocked(threads: 2)
    #expect(plan.threadIsFree(1, queued: 0) == .park)
    #expect(plan.threadIsFree(0, queued: 0) == .park)
    #expect(plan.jobQueued() == .wake(0))
  }

  @Test("threads are added in doubling numbers while none comes back for a job")
  func blocked() {
    var plan = ThreadPlan(limit: 64, cores: 2)
    _ = plan.jobQueued()
    #expect(plan.threadIsFree(0, queued: 100) == .take)
    #expect(plan.jobQueued() == .watch)
    #expect(plan.tick(queued: 99) == .init(), "less than a whole tick has passed")
    var queued = 99
    for expected in [[1], [2, 3], [4, 5, 6, 7]] {
      #expect(plan.tick(queued: queued) == .init(start: expected))
      for thread in expected {
        #expect(plan.threadIsFree(thread, queued: queued) == .take)
        queued -= 1
      }
    }
  }

  @Test("no thread is added for more jobs than there are, nor beyond the limit")
  func bounded() {
    var plan = ThreadPlan.blocked(threads: 1, limit: 3)
    #expect(plan.tick(queued: 1) == .init(start: [1]))
    _ = plan.threadIsFree(1, queued: 1)
    #expect(plan.tick(queued: 9) == .init(start: [2]))
    _ = plan.threadIsFree(2, queued: 9)
    #expect(plan.tick(queued: 8) == .init(goesOn: false))
    #expect(plan.isAttended, "each thread comes back sometime")
  }

  @Test("while an added thread has not even begun, cores are short and not threads")
  func starved() {
    var plan = ThreadPlan.blocked(threads: 1)
    #expect(plan.tick(queued: 5) == .init(start: [1]))
    for _ in 0..<10 { #expect(plan.tick(queued: 5) == .init()) }
  }

  @Test("a burst of tiny jobs keeps one thread")
  func tinyJobs() {
    var plan = ThreadPlan.blocked(threads: 1)
    for _ in 0..<100 {
      for _ in 0..<300 { #expect(plan.threadIsFree(0, queued: 1000) == .take) }
      #expect(plan.tick(queued: 1000) == .init())
    }
  }

  @Test("among threads that take tiny jobs, all but one retire")
  func retiring() {
    var plan = ThreadPlan.blocked(threads: 2)
    var turns = 0
    while plan.busy == 2, turns < 1000 {
      turns += 1
      _ = plan.threadIsFree(turns % 2, queued: 1000)
    }
    let stays = plan.idle == [0] ? 1 : 0
    #expect(plan.idle == [1 - stays])
    for _ in 0..<1000 { #expect(plan.threadIsFree(stays, queued: 1000) == .take) }
  }

  @Test("a thread beside blocked ones does not retire")
  func notRetiring() {
    var plan = ThreadPlan.blocked(threads: 3)
    for _ in 0..<1000 { #expect(plan.threadIsFree(1, queued: 1000) == .take) }
  }

  @Test("jobs that keep a core busy get another core, but no more threads than cores")
  func mediumJobs() {
    var plan = ThreadPlan.blocked(threads: 1)
    for _ in 0..<30 { _ = plan.threadIsFree(0, queued: 1000) }
    #expect(plan.tick(queued: 1000) == .init(start: [1]))
    for _ in 0..<30 {
      _ = plan.threadIsFree(0, queued: 1000)
      _ = plan.threadIsFree(1, queued: 1000)
    }
    #expect(plan.tick(queued: 1000) == .init())
  }

  @Test("watching ends some ticks after the last job, and begins anew")
  func quiet() {
    var plan = ThreadPlan.blocked(threads: 1)
    for _ in 1..<8 { #expect(plan.tick(queued: 0) == .init()) }
    #expect(plan.tick(queued: 0) == .init(goesOn: false))
    #expect(!plan.isAttended)
    #expect(plan.jobQueued() == .watch)
  }

  @Test("threads above a lowered limit end after their job; a raised one is used")
  func limits() {
    var plan = ThreadPlan.blocked(threads: 4, limit: 4)
    #expect(plan.setLimit(2, queued: 9) == .nothing)
    #expect(plan.threadIsFree(0, queued: 9) == .end)
    #expect(plan.threadIsFree(1, queued: 9) == .end)
    #expect(plan.threadIsFree(2, queued: 9) == .take)
    #expect(plan.setLimit(0, queued: 0) == .nothing)
    #expect(plan.limit == 1)
  }

  @Test("a thread that the system refuses is asked for again")
  func refused() {
    var plan = ThreadPlan(limit: 4, cores: 2)
    #expect(plan.jobQueued() == .start(0))
    #expect(plan.startFailed(0) == .watch)
    #expect(plan.tick(queued: 1) == .init())
    #expect(plan.tick(queued: 1) == .init(start: [1]))
  }

  @Test("when closed, threads run what is queued and end")
  func closed() {
    var plan = ThreadPlan.blocked(threads: 2)
    #expect(plan.threadIsFree(1, queued: 0) == .park)
    #expect(plan.close() == [1])
    #expect(plan.threadIsFree(1, queued: 1) == .take)
    #expect(plan.threadIsFree(1, queued: 0) == .end)
    #expect(plan.threadIsFree(0, queued: 0) == .end)
    #expect(plan.jobQueued() == .start(2))
    #expect(plan.threadIsFree(2, queued: 0) == .end)
  }
}

extension ThreadPlan {
  /// Watched for a whole tick, with so many threads of which each has a job.
  fileprivate static func blocked(threads: Int, limit: Int = 64) -> ThreadPlan {
    var plan = ThreadPlan(limit: limit, cores: 2)
    _ = plan.jobQueued()
    _ = plan.threadIsFree(0, queued: 1000)
    _ = plan.jobQueued()
    _ = plan.tick(queued: 1000)
    while plan.busy < threads {
      for thread in plan.tick(queued: 1).start { _ = plan.threadIsFree(thread, queued: 1000) }
    }
    return plan
  }
}
