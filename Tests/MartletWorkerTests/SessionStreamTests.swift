import MartletClient
import Testing

@testable import MartletWorker

@Suite("A worker's session: streams break")
struct SessionStreamTests {
  @Test("it comes back with the leases that it holds, finished ones too")
  func held() {
    var world = SessionWorld.open()
    world.run("b", "a", "c")
    world.end("c")
    world.direct("b", .lost)
    #expect(world.session.streamEnded() == 0)
    #expect(world.session.streamOpened(at: world.now).hello?.heldLeases == ["a", "c"])
  }

  @Test("what was not acknowledged is said again on the next stream")
  func repeats() {
    var world = SessionWorld.open()
    world.run("a", "b")
    world.end("a")
    let first = world.said()
    _ = world.session.saveCheckpoint(TaskContent(text: "1"), of: "b")
    _ = world.said()
    _ = world.session.streamEnded()
    world.connect(kept: ["a", "b"])
    let second = world.said()
    #expect(second.finishes == first.finishes)
    #expect(second.beats.map(\.checkpoint?.sequence) == [1])
    #expect(second.credit == API.Credit(more: 3, received: 0))
  }

  @Test("handlers of lost leases are stopped; a finish that may have been taken is said again")
  func welcomeLost() {
    var world = SessionWorld.open()
    world.run("a", "b")
    world.end("b")
    _ = world.said()
    _ = world.session.streamEnded()
    let effects = world.connect(lost: ["a", "b"])
    #expect(effects.first == .stop(lease: "a", TaskStop(.lost, reason: "the lease has ended")))
    #expect(world.said().finishes.map(\.lease) == ["b"])
    #expect(world.ack("b") == [.endSettled(kind: "k", isAccepted: true)])
  }

  @Test("a handler that ends between two streams is heard on the next")
  func endsBetween() {
    var world = SessionWorld.open()
    world.run("a")
    _ = world.session.streamEnded()
    world.end("a")
    #expect(world.session.takeRequest(at: world.now) == nil)
    world.connect(kept: ["a"])
    #expect(world.said().finishes.map(\.lease) == ["a"])
  }

  @Test("streams that fail are counted until one is welcomed")
  func failures() {
    var world = SessionWorld()
    for count in 1...3 {
      _ = world.session.streamOpened(at: world.now)
      #expect(world.session.streamEnded() == count)
    }
    world.connect()
    #expect(world.session.streamEnded() == 0)
  }

  @Test("all leases beat in one message, as often as the server said")
  func beats() {
    var world = SessionWorld.open()
    world.run("b", "a")
    world.pass(.milliseconds(2_900))
    #expect(world.messages().isEmpty)
    world.pass(.milliseconds(100))
    #expect(world.said().beats == [.init(lease: "a"), .init(lease: "b")])
    #expect(world.messages().isEmpty)
    world.pass(.seconds(3))
    #expect(world.said().beats.count == 2)
  }

  @Test("an idle worker pings, and answers pings")
  func pings() {
    var world = SessionWorld.open()
    world.pass(.seconds(5))
    #expect(world.said() == API.WorkRequest(ping: 1))
    world.hear(.init(ping: 77))
    #expect(world.said() == API.WorkRequest(pong: 77))
  }

  @Test("a stream without a word from the server for 20 s is given up, not before")
  func silence() {
    var world = SessionWorld.open()
    #expect(world.pass(.milliseconds(19_900)) == [])
    #expect(world.pass(.milliseconds(100)) == [.abandonStream])
    world.hear(.init(pong: 1))
    #expect(world.pass(.seconds(1)) == [])
  }
}
