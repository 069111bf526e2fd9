import MartletClient
import Testing

@testable import MartletWorker

@Suite("A worker's session: progress, checkpoints, log lines")
struct SessionReportTests {
  @Test("progress leaves at once, then at most once a second, the newest")
  func progress() {
    var world = SessionWorld.open()
    world.run("a")
    func report(_ percent: Double) { world.session.report(.init(percent: percent), of: "a") }
    report(1)
    #expect(world.said().beats.map(\.progress?.percent) == [1])
    report(2)
    report(3)
    #expect(world.messages().isEmpty)
    world.pass(.milliseconds(900))
    #expect(world.messages().isEmpty)
    world.pass(.milliseconds(100))
    #expect(world.said().beats.map(\.progress?.percent) == [3])
  }

  @Test("the last progress and the last lines come before the end, in the same message")
  func lastProgress() {
    var world = SessionWorld.open()
    world.run("a")
    world.session.report(.init(percent: 1), of: "a")
    world.session.log(.init(text: "one"), of: "a")
    _ = world.said()
    world.session.report(.init(percent: 99), of: "a")
    world.session.log(.init(text: "two"), of: "a")
    world.end("a")
    let said = world.said()
    #expect(
      said.beats == [
        API.Beat(lease: "a", progress: .init(percent: 99), logLines: [.init(text: "two")])
      ])
    #expect(said.finishes.map(\.lease) == ["a"])
  }

  @Test("log lines leave 100 at most in a beat, the oldest are dropped when too many wait")
  func lines() {
    var world = SessionWorld.open()
    world.run("a")
    for number in 1...1_050 { world.session.log(.init(text: "\(number)"), of: "a") }
    let beats = world.said().beats
    #expect(beats.map(\.logLines.count) == Array(repeating: 100, count: 10))
    #expect(beats.first?.logLines.first?.text == "51")
  }

  @Test("checkpoints count on from the one that was handed over")
  func sequence() {
    var world = SessionWorld.open()
    world.run("a", checkpoint: API.Checkpoint(data: [1], sequence: 7))
    #expect(world.session.saveCheckpoint(TaskContent(text: "x"), of: "a") == 8)
    #expect(world.said().beats.first?.checkpoint?.sequence == 8)
    #expect(world.ack("a", checkpoint: 8) == [.checkpointSettled(lease: "a", upTo: 8, .saved)])
    #expect(world.session.leases["a"]?.checkpoint == nil)
  }

  @Test("only the newest checkpoint is said, and settles those before it")
  func newest() {
    var world = SessionWorld.open()
    world.run("a")
    _ = world.session.saveCheckpoint(TaskContent(text: "1"), of: "a")
    _ = world.session.saveCheckpoint(TaskContent(text: "2"), of: "a")
    #expect(world.said().beats.map(\.checkpoint?.sequence) == [2])
    #expect(world.ack("a", checkpoint: 2) == [.checkpointSettled(lease: "a", upTo: 2, .saved)])
  }

  @Test("a checkpoint that the server cannot take is refused, and the lease holds")
  func refused() {
    var world = SessionWorld.open()
    world.run("a")
    _ = world.session.saveCheckpoint(TaskContent(text: "1"), of: "a")
    #expect(
      world.ack("a", accepted: false, problem: "no", checkpoint: 1)
        == [.checkpointSettled(lease: "a", upTo: 1, .refused("no"))])
    #expect(world.session.leases["a"]?.isRunning == true)
  }

  @Test("a checkpoint of a lost lease is not saved")
  func lostCheckpoint() {
    var world = SessionWorld.open()
    world.run("a")
    _ = world.session.saveCheckpoint(TaskContent(text: "1"), of: "a")
    #expect(world.direct("a", .lost).contains(.checkpointSettled(lease: "a", upTo: 1, .lost)))
    #expect(world.session.saveCheckpoint(TaskContent(text: "2"), of: "a") == nil)
  }

  @Test("text is cut at whole characters")
  func cut() {
    #expect("aé".cut(bytes: 2) == "a")
    #expect("aé".cut(bytes: 3) == "aé")
    #expect("日本".cut(bytes: 5) == "日")
  }
}
