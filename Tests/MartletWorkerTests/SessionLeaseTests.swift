import MartletClient
import Testing

@testable import MartletWorker

@Suite("A worker's session: tasks come and go")
struct SessionLeaseTests {
  @Test("the first word after the welcome is how many slots are free")
  func credit() {
    var world = SessionWorld(slots: 4)
    world.connect()
    #expect(world.said() == API.WorkRequest(credit: API.Credit(more: 4, received: 0)))
    #expect(world.messages().isEmpty)
  }

  @Test("nothing is said before the welcome")
  func silentBeforeWelcome() {
    var world = SessionWorld()
    let hello = world.session.streamOpened(at: .zero)
    #expect(hello.hello?.instance == "i")
    #expect(!world.session.hasWords)
    #expect(world.session.takeRequest(at: .seconds(60)) == nil)
  }

  @Test("what is assigned is accepted at once, all in one message, and started")
  func accepts() {
    var world = SessionWorld.open()
    let (a, b) = (SessionWorld.assign("a"), SessionWorld.assign("b"))
    #expect(world.hear(.init(assigns: [a, b])) == [.start(a), .start(b)])
    #expect(world.said() == API.WorkRequest(accepts: [.init(lease: "a"), .init(lease: "b")]))
  }

  @Test("what many handlers came to leaves in one message, with the slots that are free again")
  func finishes() {
    var world = SessionWorld.open()
    world.run("a", "b")
    #expect(world.end("a") == .succeeded)
    let broken = TaskFailure(
      code: "X", message: "no", retryDelay: .seconds(9), failureClass: "network")
    #expect(world.end("b", .failure(broken)) == .failed)
    let said = world.said()
    #expect(said.finishes.map(\.lease) == ["a", "b"])
    #expect(said.finishes[0].result?.data == Array("done".utf8))
    #expect(
      said.finishes[1].failure
        == API.WorkerFailure(
          code: "X", message: "no", retryDelay: .init(seconds: 9), failureClass: "network"))
    #expect(said.credit == API.Credit(more: 4, received: 2))
  }

  @Test("a handler that ends before its acceptance has left ends in the same message")
  func fast() {
    var world = SessionWorld.open()
    world.hear(.init(assigns: [SessionWorld.assign("a")]))
    world.end("a")
    let said = world.said()
    #expect(said.accepts.map(\.lease) == ["a"])
    #expect(said.finishes.map(\.lease) == ["a"])
    #expect(said.credit == nil || said.credit == API.Credit(more: 4, received: 1))
  }

  @Test("no credit is told while the server knows by itself how much is left")
  func noNeedlessCredit() {
    var world = SessionWorld.open(slots: 3)
    world.hear(.init(assigns: [SessionWorld.assign("a"), SessionWorld.assign("b")]))
    #expect(world.said().credit == nil)
  }

  @Test("an accept that came too late stops the handler, and its end is not said")
  func lateAccept() {
    var world = SessionWorld.open()
    world.run("a")
    let effects = world.ack("a", accepted: false)
    #expect(effects.first == .stop(lease: "a", TaskStop(.lost, reason: "the lease has ended")))
    #expect(world.end("a") == .lost)
    #expect(world.said().finishes.isEmpty)
    #expect(world.session.leases.isEmpty)
  }

  @Test("a lease that was lost stops its handler; its slot is free only when that has returned")
  func lost() {
    var world = SessionWorld.open(slots: 1)
    world.run("a")
    #expect(!world.direct("a", .lost).isEmpty)
    #expect(world.session.freeSlots == 0)
    #expect(world.end("a") == .lost)
    #expect(world.said() == API.WorkRequest(credit: API.Credit(more: 1, received: 1)))
  }

  @Test("a finish is kept until it is acknowledged")
  func keepsFinish() {
    var world = SessionWorld.open()
    world.run("a")
    world.end("a")
    _ = world.said()
    #expect(world.session.leases["a"] != nil)
    #expect(world.ack("a") == [.endSettled(kind: "k", isAccepted: true)])
    #expect(world.session.leases.isEmpty)
    #expect(world.session.keptBytes == 0)
  }

  @Test("a result over the limit is a failure, before it is sent")
  func largeResult() {
    var world = SessionWorld.open()
    world.run("a")
    let bytes = [UInt8](repeating: 0, count: 1 << 20 + 1)
    #expect(world.end("a", .content(TaskContent(bytes))) == .failed)
    let failure = world.said().finishes.first?.failure
    #expect(failure?.code == "RESULT_TOO_LARGE")
    #expect(failure?.nonRetryable == true)
  }

  @Test("a result that the server cannot take becomes a failure that says why")
  func refusedResult() {
    var world = SessionWorld.open()
    world.run("a")
    world.end("a")
    _ = world.said()
    world.ack("a", accepted: false, problem: "too long")
    let failure = world.said().finishes.first?.failure
    #expect(
      failure == API.WorkerFailure(code: "INVALID_RESULT", message: "too long", nonRetryable: true))
  }

  @Test("large results are spread over messages, each with at least one")
  func largeMessages() {
    var world = SessionWorld.open()
    world.run("a", "b", "c")
    let bytes = [UInt8](repeating: 1, count: 700_000)
    for lease in ["a", "b", "c"] { world.end(lease, .content(TaskContent(bytes))) }
    #expect(world.messages().map { $0.finishes.map(\.lease) } == [["a"], ["b"], ["c"]])
  }

  @Test("no more is asked for while too much waits to be acknowledged")
  func keptLimit() {
    var limits = WorkerLimits()
    limits.keptBytesMax = 4
    var world = SessionWorld.open(slots: 2, limits: limits)
    world.run("a")
    world.end("a")
    #expect(world.said().credit == API.Credit(more: 0, received: 1))
    world.ack("a")
    #expect(world.said().credit == API.Credit(more: 2, received: 1))
  }

  @Test("the handler's own errors have its words")
  func otherErrors() {
    var world = SessionWorld.open()
    world.run("a", "b")
    world.end("a", .other("no such mailbox"))
    world.end("b", .interrupted)
    let said = world.said()
    #expect(said.finishes[0].failure == API.WorkerFailure(message: "no such mailbox"))
    #expect(said.finishes[1].failure?.message == "the handler cancelled itself")
  }
}
