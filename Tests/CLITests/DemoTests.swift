import Foundation
import MartletClient
import MartletFakes
import Testing

@testable import martlet

@Suite("Demo")
struct DemoTests {
  /// A folder with what folders can hold.
  private func makeFolder(_ world: CommandWorld) throws -> String {
    let folder = "\(world.folder)/files"
    let manager = FileManager.default
    try manager.createDirectory(atPath: "\(folder)/deep/er", withIntermediateDirectories: true)
    for (name, content) in [
      ("plain", "one\ntwo\n"), ("empty", ""), ("deep/er/file", "x"), ("with space", "y"),
      ("line\nfeed", "z"), ("back\\slash", "b"), ("-dash", "d"), ("ünï", "u"),
    ] {
      try Data(content.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    try manager.createSymbolicLink(
      atPath: "\(folder)/dangling", withDestinationPath: "/nowhere/at/all")
    try manager.createSymbolicLink(
      atPath: "\(folder)/alias", withDestinationPath: "\(folder)/plain")
    return URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
  }

  /// Digests as the real handler would, by the program that the demo compares with.
  static func digest(_ spec: API.TaskSpec) -> FakeNode.Outcome {
    guard
      let payload = try? JSONDecoder().decode(
        FileDigestPayload.self, from: Data(spec.payload)),
      let sha256 = try? ReferenceDigests.digests(of: [payload.path])[payload.path],
      let content = FileManager.default.contents(atPath: payload.path)
    else {
      return .fail(
        API.Failure(
          kind: .handler, code: "NOT_FOUND", message: "there is no such file", attempt: 1))
    }
    let digest = FileDigest(
      path: payload.path, sha256: sha256, bytes: Int64(content.count),
      lines: Int64(content.count { $0 == 10 }))
    return .succeed(Array((try? JSONEncoder().encode(digest)) ?? Data()))
  }

  @Test("the demo digests all files, finds them right, and says which could not be read")
  func right() async throws {
    try await CommandWorld.with(FakeNode(handler: Self.digest)) { world in
      let folder = try makeFolder(world)
      let ran = await world.run("demo", folder, "--batch-size", "3")
      #expect(ran.status == .ok)
      #expect(ran.output.contains("9 files below \(folder), pool digests"))
      #expect(ran.output.contains("in 3 atomic batches"))
      #expect(ran.output.contains("1 failed with NOT_FOUND (there is no such file)"))
      #expect(
        ran.output.contains(
          "All right: 8 digests equal those of sha256sum, 1 unreadable for both"))
      // Once more, into the pool that is there now; and as JSON.
      let again = await world.run("demo", folder, "--output", "json", "--limit", "4")
      #expect(again.status == .ok)
      #expect(again.output.hasPrefix(#"{"right":true,"folder":""#))
      #expect(again.output.contains(#""files":4,"#))
    }
  }

  @Test(
    "the demo is right through streams that break and a queue that is full",
    arguments: UInt64(1)...5)
  func rough(seed: UInt64) async throws {
    try await CommandWorld.with(FakeNode(handler: Self.digest)) { world in
      let folder = try makeFolder(world)
      await world.run("pool", "create", "digests", "--slots", "4").isOK()
      world.node.breakStreams(seed: seed)
      let ran = await world.run("demo", folder, "--batch-size", "2")
      #expect(ran.status == .ok)
      #expect(ran.output.contains("All right: 8 digests equal"))
    }
  }

  @Test("a digest that is wrong, and a file that only the server cannot read, are not right")
  func wrong() async throws {
    let node = FakeNode { spec in
      let text = String(decoding: spec.payload, as: UTF8.self)
      if text.contains("plain") {
        let path = text.dropFirst(9).dropLast(2)
        return .succeed(
          Array(#"{"path":"\#(path)","sha256":"beef","bytes":1,"lines":1}"#.utf8))
      }
      if text.contains("with space") { return .fail(API.Failure(code: "PERMISSION_DENIED")) }
      return Self.digest(spec)
    }
    try await CommandWorld.with(node) { world in
      let folder = try makeFolder(world)
      let ran = await world.run("demo", folder)
      #expect(ran.status == .taskFailed)
      #expect(ran.output.contains("/plain: the server says beef, sha256sum "))
      #expect(ran.output.contains("/with space: sha256sum read it, the task failed with"))
      #expect(ran.output.contains("2 mismatches"))
      #expect(ran.errors.contains("martlet: 2 things are not right"))
    }
  }

  @Test("a server that does not allow the folder is told of")
  func notAllowed() async throws {
    let failure = API.Failure(kind: .handler, code: "NOT_ALLOWED", message: "not below a root")
    try await CommandWorld.with(FakeNode { _ in .fail(failure) }) { world in
      let folder = try makeFolder(world)
      let ran = await world.run("demo", folder)
      #expect(ran.status == .taskFailed)
      #expect(ran.errors.contains("`martletd --file-root \(folder)`"))
    }
  }

  @Test("a pool that would not start the tasks, or a folder that is none, is refused at once")
  func refused() async throws {
    try await CommandWorld.with(FakeNode(handler: Self.digest)) { world in
      let folder = try makeFolder(world)
      #expect(await world.run("demo", "\(folder)/plain").status == .usage)
      await world.run("pool", "create", "digests", "--slots", "1").isOK()
      await world.run("pool", "pause", "digests").isOK()
      let ran = await world.run("demo", folder)
      #expect(ran.status == .refused)
      #expect(ran.errors.contains("martlet pool resume digests"))
      #expect(world.node.taskCount == 0)
    }
  }

  @Test("a refused batch ends the demo, which does not wait for its tasks")
  func batchRefused() async throws {
    try await CommandWorld.with(FakeNode(handler: Self.digest)) { world in
      let folder = try makeFolder(world)
      world.node.refuseSubmits(
        FakeNode.status(.failedPrecondition, "POOL_DRAINING", "the pool `digests` is draining"))
      let ran = await world.run("demo", folder)
      #expect(ran.status == .refused)
      #expect(ran.errors.contains("martlet pool resume"))
    }
  }

  @Test("percentiles are values that occurred")
  func percentiles() throws {
    let values = (1...200).shuffled().map { Duration.milliseconds($0) }
    let found = try #require(Percentiles(values))
    #expect(found.p50 == .milliseconds(100))
    #expect(found.p90 == .milliseconds(180))
    #expect(found.p99 == .milliseconds(198))
    #expect(found.max == .milliseconds(200))
    #expect(Percentiles([]) == nil)
    #expect(Percentiles([.seconds(1)])?.p50 == .seconds(1))
  }

  @Test("sha256sum is given as many names as fit, and its records may hold line feeds")
  func reference() {
    let names = (1...10).map { String(repeating: "n", count: $0) }
    let chunks = ReferenceDigests.chunks(of: names, bytesMax: 12)
    #expect(chunks.flatMap { $0 } == names)
    #expect(chunks.allSatisfy { $0.count == 1 || $0.reduce(0) { $0 + $1.utf8.count } <= 12 })
    let digest = String(repeating: "a", count: 64)
    let records = ReferenceDigests.records(in: Array("\(digest)  /a\nb\\c\u{0}".utf8))
    #expect(records.map(\.path) == ["/a\nb\\c"])
    #expect(records.map(\.digest) == [digest])
  }

  @Test("events that come twice or after the end are noted")
  func ledger() {
    var ledger = DemoLedger()
    let events = [
      API.Event(revision: 1, time: .init(), type: .taskSubmitted, taskId: "a"),
      API.Event(revision: 2, type: .taskStarted, taskId: "a", attempt: 1),
      API.Event(revision: 3, type: .taskFailed, taskId: "a"),
    ]
    for event in events { ledger.record(event) }
    #expect(ledger.faults.isEmpty)
    #expect(ledger.ended == 1)
    ledger.record(events[2])
    #expect(ledger.faults.count == 2)
    #expect(ledger.ended == 1)
  }

  @Test("the note says how far, how fast and how long still")
  func note() {
    #expect(
      DemoDisplay.note(ended: 1_200, of: 4_105, after: .seconds(1))
        == "1200 of 4105 ended, 1200/s, 3s left")
    #expect(DemoDisplay.note(ended: 0, of: 10, after: .seconds(5)) == "0 of 10 ended")
  }
}
