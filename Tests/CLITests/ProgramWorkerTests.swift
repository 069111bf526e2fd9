import Foundation
import MartletWorker
import Testing

@testable import martlet

@Suite("Programs as workers")
struct ProgramWorkerTests {
  @Test(
    "a line of the progress descriptor is read",
    arguments: [
      ("42 reading it", ProgressWord.progress(percent: 42, step: "reading it")),
      ("42.5%\treading", .progress(percent: 42.5, step: "reading")),
      ("100", .progress(percent: 100, step: "")),
      ("checkpoint", .checkpoint),
      ("log it goes  well", .log("it goes  well")),
      ("content-type text/csv", .contentType("text/csv")),
      ("failure-class network", .failureClass("network")),
      ("retry-delay 1m30s", .retryDelay(.seconds(90))),
      ("retry-delay soon", .log("retry-delay soon")),
      ("snooze 10m", .snooze(.seconds(600))),
      ("no-retry", .noRetry),
      ("101 too far", .log("101 too far")),
      ("checkpoint please", .log("checkpoint please")),
      ("hello", .log("hello")),
    ])
  func words(line: String, word: ProgressWord) {
    #expect(ProgressWord(line) == word)
  }

  @Test("the end of a text is kept, in whole lines as far as they fit")
  func tail() {
    var tail = ByteTail(bytesMax: 10)
    #expect(tail.text == "")
    tail.append(Array("\n  one\n\n".utf8))
    #expect(tail.text == "one")
    for number in 0..<100 { tail.append(Array("line \(number)\n".utf8)) }
    #expect(tail.text == "line 99")
    tail.append(Array("a single line that is long".utf8))
    #expect(tail.text == "at is long")
  }

  @Test("a program is found in PATH, or by its path, and nothing else is")
  func programs() throws {
    let path = ["PATH": "/nowhere:/usr/bin:/bin"]
    #expect(try ProgramLine(["sh", "-c"], environment: path).path.hasSuffix("/sh"))
    #expect(try ProgramLine(["/bin/sh", "-c", "x"], environment: path).arguments == ["-c", "x"])
    for words in [[], [""], ["no-such-program"], ["/etc/passwd"], ["/usr"]] {
      let error = #expect(throws: CommandFailure.self) {
        try ProgramLine(words, environment: path)
      }
      #expect(error?.status == .usage)
    }
  }

  @Test("lines that a program wrote before it ended are all heard")
  func channel() async throws {
    let folder = try ProgramFolder(checkpoint: nil)
    defer { folder.remove() }
    let channel = try ProgressChannel(in: folder.path)
    let pipe = try #require(FileHandle(forWritingAtPath: channel.path))
    try pipe.write(contentsOf: Data("1 a\n2 b\n3 c".utf8))
    channel.close()
    var lines: [String] = []
    for await line in channel.lines { lines.append(line) }
    #expect(lines == ["1 a", "2 b", "3 c"])
  }

  @Test("a checkpoint is new when the program has changed the file")
  func checkpoints() throws {
    let folder = try ProgramFolder(checkpoint: .init(text: "1"))
    defer { folder.remove() }
    #expect(folder.takeNewCheckpoint() == nil)
    try Data("2".utf8).write(to: URL(fileURLWithPath: folder.checkpointFile))
    #expect(folder.takeNewCheckpoint()?.text == "2")
    #expect(folder.takeNewCheckpoint() == nil)
  }

  @Test("signals have names")
  func signals() {
    #expect(SignalName(SIGSEGV).description == "SEGV")
    #expect(SignalName(64).description == "64")
  }
}
