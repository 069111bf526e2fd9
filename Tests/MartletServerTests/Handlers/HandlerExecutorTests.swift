import Synchronization
import Testing

@testable import MartletServer

@Suite("Handler executor")
struct HandlerExecutorTests {
  @Test("handlers that block overlap, as many as there are slots")
  func overlap() async {
    let ticker = HandlerTicker()
    let executor = HandlerExecutor(name: "overlap", slots: 4, ticker: ticker)
    let meeting = Meeting(of: 4)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask(executorPreference: executor) { meeting.blockUntilAllAreHere() }
      }
    }
    #expect(executor.threadCount <= 4)
    executor.shutdown()
    #expect(executor.threadCount == 0)
    ticker.shutdown()
  }

  @Test("every job of a burst is run once, whoever brings it")
  func burst() async {
    let ticker = HandlerTicker()
    let executor = HandlerExecutor(name: "burst", slots: 8, ticker: ticker)
    let runs = Shared(Mutex(Array(repeating: 0, count: 20_000)))
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<10_000 {
        group.addTask(executorPreference: executor) { runs.value.withLock { $0[number] += 1 } }
      }
    }
    let left = Shared(Atomic(10_000))
    await withCheckedContinuation { done in
      executor.execute(count: 10_000) { number in
        runs.value.withLock { $0[10_000 + number] += 1 }
        if left.value.subtract(1, ordering: .relaxed).newValue == 0 { done.resume() }
      }
    }
    #expect(runs.value.withLock { $0.allSatisfy { $0 == 1 } })
    executor.shutdown()
    ticker.shutdown()
  }

  @Test("with one slot, jobs run one after the other in the order they came")
  func order() async {
    let ticker = HandlerTicker()
    let executor = HandlerExecutor(name: "order", slots: 1, ticker: ticker)
    let order = Shared(Mutex<[Int]>([]))
    await withCheckedContinuation { done in
      executor.execute(count: 1000) { number in
        order.value.withLock { $0.append(number) }
        if number == 999 { done.resume() }
      }
    }
    #expect(order.value.withLock { $0 } == Array(0..<1000))
    executor.shutdown()
    ticker.shutdown()
  }

  @Test("more slots let waiting jobs start at once")
  func moreSlots() async {
    let ticker = HandlerTicker()
    let executor = HandlerExecutor(name: "slots", slots: 1, ticker: ticker)
    let meeting = Meeting(of: 2)
    async let first: Void = Task(executorPreference: executor) {
      meeting.blockUntilAllAreHere()
    }.value
    async let second: Void = Task(executorPreference: executor) {
      meeting.blockUntilAllAreHere()
    }.value
    executor.setSlots(2)
    _ = await (first, second)
    executor.shutdown()
    ticker.shutdown()
  }

  @Test("a handler goes on, after it waited, on a thread of its pool")
  func staysHome() async {
    let ticker = HandlerTicker()
    let executor = HandlerExecutor(name: "home-pool", slots: 2, ticker: ticker)
    let names = await Task(executorPreference: executor) {
      let before = SystemThread.currentName
      await Task.yield()
      return [before, SystemThread.currentName]
    }.value
    #expect(names == ["home-pool", "home-pool"])
    executor.shutdown()
    ticker.shutdown()
  }

  @Test("a task made on a thread of the pool starts right there")
  func immediate() async {
    let ticker = HandlerTicker()
    let executor = HandlerExecutor(name: "immediate", slots: 2, ticker: ticker)
    let names = await withCheckedContinuation { done in
      executor.execute(count: 1) { _ in
        Task.immediate(executorPreference: executor) {
          let before = SystemThread.currentName
          await Task.yield()
          done.resume(returning: [before, SystemThread.currentName])
        }
      }
    }
    #expect(names == ["immediate", "immediate"])
    executor.shutdown()
    ticker.shutdown()
  }

  @Test("a job that comes after the shut-down is still run")
  func late() async {
    let ticker = HandlerTicker()
    let executor = HandlerExecutor(name: "late", slots: 2, ticker: ticker)
    executor.shutdown()
    #expect(await Task(executorPreference: executor) { 7 }.value == 7)
    executor.shutdown()
    #expect(executor.threadCount == 0)
    ticker.shutdown()
  }
}

/// Gives closures a common place for something that cannot be copied.
private final class Shared<Value: ~Copyable & Sendable>: Sendable {
  let value: Value

  init(_ value: consuming Value) { self.value = value }
}

/// Blocks the threads of those who come until all have.
private final class Meeting: Sendable {
  private let missing: Atomic<Int>
  private let parkers: [Parker]

  init(of count: Int) {
    missing = Atomic(count)
    parkers = (0..<count).map { _ in Parker() }
  }

  func blockUntilAllAreHere() {
    let missing = missing.subtract(1, ordering: .acquiringAndReleasing).newValue
    if missing == 0 { for parker in parkers { parker.unpark() } }
    parkers[missing].park()
  }
}
