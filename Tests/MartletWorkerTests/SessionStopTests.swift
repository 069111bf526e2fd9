import MartletClient
import Testing

@testable import MartletWorker

@Suite("A worker's session: stopping")
struct SessionStopTests {
  @Test("a cancelled handler is told once, with reason and grace, and its end is said")
  func cancel() {
    var world = SessionWorld.open()
    world.run("a")
    let stop = TaskStop(.cancelled, reason: "why", grace: .seconds(9))
    #expect(world.direct("a", .cancel) == [.stop(lease: "a", stop)])
    #expect(world.direct("a", .cancel) == [])
    #expect(world.end("a", .interrupted) == .cancelled)
    let failure = world.said().finishes.first?.failure
    #expect(failure == API.WorkerFailure(code: "CANCELLED", message: "why"))
  }

  @Test("a paused handler's checkpoint is said before its release, in one message")
  func pause() {
    var world = SessionWorld.open()
    world.run("a")
    world.direct("a", .pause)
    _ = world.session.saveCheckpoint(TaskContent(text: "1"), of: "a")
    #expect(world.end("a", .interrupted) == .released)
    let said = world.said()
    #expect(said.beats.map(\.checkpoint?.sequence) == [1])
    #expect(said.releases == [API.Release(lease: "a")])
    #expect(said.finishes.isEmpty)
  }

  @Test("a handler for which it is too early gives its attempt back for so long")
  func snooze() {
    var world = SessionWorld.open()
    world.run("a", "b", "c")
    #expect(world.end("a", .snoozed(.seconds(600))) == .released)
    #expect(world.end("b", .snoozed(.seconds(-1))) == .released)
    world.direct("c", .cancel)
    #expect(world.end("c", .snoozed(.seconds(1 << 40))) == .cancelled)
    #expect(
      world.said().releases == [
        API.Release(lease: "a", delay: .init(seconds: 600)), API.Release(lease: "b"),
        API.Release(lease: "c", delay: .init(seconds: 3_653 * 86_400)),
      ])
  }

  @Test("a result that comes although the task was paused counts")
  func pausedResult() {
    var world = SessionWorld.open()
    world.run("a")
    world.direct("a", .pause)
    #expect(world.end("a") == .succeeded)
    #expect(world.said().finishes.map(\.lease) == ["a"])
  }

  @Test("a draining worker says so, lets handlers end, and is done with the last acknowledgement")
  func drain() {
    var world = SessionWorld.open()
    world.run("a")
    world.session.drain(at: world.now)
    #expect(
      world.said() == API.WorkRequest(credit: API.Credit(more: 0, received: 1), draining: true))
    world.pass(.seconds(3_600))
    #expect(!world.session.isDone(at: world.now))
    world.end("a")
    #expect(!world.session.isDone(at: world.now))
    #expect(world.said().finishes.map(\.lease) == ["a"])
    world.ack("a")
    #expect(world.session.isDone(at: world.now))
  }

  @Test("what arrives while it drains is accepted and given back, and not started")
  func lateAssign() {
    var world = SessionWorld.open()
    world.session.drain(at: world.now)
    #expect(world.hear(.init(assigns: [SessionWorld.assign("a")])) == [])
    let said = world.said()
    #expect(said.accepts == [API.Accept(lease: "a")])
    #expect(said.releases == [API.Release(lease: "a")])
  }

  @Test("after the grace handlers are told to stop, and give their leases back")
  func shutdown() {
    var world = SessionWorld.open()
    world.run("a")
    world.session.shutdown(grace: .seconds(2), at: world.now)
    #expect(world.pass(.milliseconds(1_900)) == [])
    let stop = TaskStop(.stopping, reason: "the worker is stopping", grace: .seconds(5))
    #expect(world.pass(.milliseconds(100)) == [.stop(lease: "a", stop)])
    world.end("a", .other("interrupted system call"))
    #expect(world.said().releases == [API.Release(lease: "a")])
    world.ack("a")
    #expect(world.session.isDone(at: world.now))
  }

  @Test("a handler that does not stop is given back without its consent")
  func stubborn() {
    var world = SessionWorld.open()
    world.run("a")
    world.session.shutdown(grace: .zero, at: world.now)
    world.pass(.zero)
    world.pass(.seconds(5))
    #expect(world.said().releases == [API.Release(lease: "a")])
    #expect(world.end("a") == .released)
    #expect(world.said().finishes.isEmpty)
    world.ack("a")
    #expect(world.session.isDone(at: world.now))
  }

  @Test("a worker that leaves does not wait for ever for a server that is gone")
  func goneServer() {
    var world = SessionWorld.open()
    world.run("a")
    world.end("a")
    _ = world.session.streamEnded()
    world.session.shutdown(grace: .seconds(60), at: world.now)
    #expect(!world.session.isDone(at: world.now))
    world.pass(.seconds(5))
    #expect(world.session.isDone(at: world.now))
  }

  @Test("a worker that has left does not wait for ever for the server to end the stream")
  func hungServer() {
    var world = SessionWorld.open()
    world.session.shutdown(grace: .zero, at: world.now)
    #expect(world.session.isDone(at: world.now))
    #expect(world.pass(.milliseconds(4_900)) == [])
    #expect(world.pass(.milliseconds(100)) == [.abandonStream])
  }

  @Test("a second, shorter shutdown counts")
  func shorter() {
    var world = SessionWorld.open()
    world.run("a")
    world.session.shutdown(grace: .seconds(60), at: world.now)
    world.session.shutdown(grace: .zero, at: world.now)
    #expect(world.pass(.zero).count == 1)
  }
}
