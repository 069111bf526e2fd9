import Testing

@Suite("Words that code must not use")
struct WordTests {
  /// Programs that only tests start, and what they are made of.
  private static let peers: Set = [
    "rpc-bench", "rpc-echo-server", "rpc-interop-server", "rpc-interop-client", "rpc-fuzz",
    "MartletInterop",
  ]

  private func places(of pattern: Regex<Substring>) -> [String] {
    Repository.sources.filter { !Self.peers.contains($0.room) }
      .flatMap { $0.places(of: pattern) }
  }

  @Test("the time of day is asked for at the edge")
  func date() {
    Allowance(reasons: [
      "Sources/martletd/LineLog.swift": "a log line says when it was written",
      "clients/cli/Session/Surroundings.swift": "the program's clock, which tests replace",
    ]).check(places(of: /\bDate\(\)|\bDate\.now\b/), "ask a clock that was handed in")
  }

  @Test("what is said goes to a log or to the program's output")
  func print() {
    Allowance(reasons: [
      "clients/cli/Session/Session.swift": "its own `print` writes to the session's output"
    ]).check(
      places(of: /(?:^|[^\w.])(?:print|debugPrint|dump)\(/),
      "use the logger, or the session's output")
  }

  @Test("nobody sleeps where an event could be awaited")
  func sleep() {
    Allowance(reasons: [
      "Sources/MartletRPC/Server/RPCServer.swift": "the grace of a shutdown",
      "Sources/MartletServer/Handlers/SleepHandler.swift": "its task is to sleep",
      "Sources/MartletServer/Handlers/Executor/HandlerTicker.swift":
        "the tick at which executors that have jobs waiting are looked after",
      "Sources/MartletServer/Node/BulkRunner.swift":
        "the rate of an operation, and the pause before its index is read again",
      "Sources/MartletServer/Node/Maintenance.swift":
        "the tick of what a node does beside its work",
      "Sources/MartletStoreSQLite/Database/PacedWrites.swift": "the pauses are its task",
      "Sources/MartletServer/Node/Node.swift": "the grace of a stop",
      "Sources/MartletServer/Workers/WorkerDesk.swift": "the signs of life on a worker's stream",
      "Sources/MartletServer/Services/WorkerService+Unary.swift": "how long a poll waits for tasks",
      "clients/swift/MartletClient/Configuration.swift": "the pause between tries, replaceable",
      "clients/swift/MartletWorkerCheck/Stage/Stage.swift":
        "the limit of each expectation, and time in which nothing must happen",
      "clients/cli/Session/Surroundings.swift": "the program's pauses, which tests replace",
      "clients/cli/Session/Session.swift": "a limit on a wait for the server",
    ]).check(
      places(of: /\bTask\.sleep\b|\b(?:clock_nano|nano|u)?sleep\(|Thread\.sleep/),
      "await what is waited for")
  }

  @Test("chance comes from a seed, except between strangers")
  func random() {
    let pattern =
      /\b(?:Double|Float|U?Int\d*|Bool)\.random\(|SystemRandom|\.randomElement\(\)|\.shuffled?\(\)/
    Allowance(reasons: [
      "Sources/MartletRPC/Client/ChannelDriver.swift": "clients must not reconnect in step",
      "Sources/MartletRPC/Client/SeededRandom.swift": "drawn from the seed that it was given",
      "clients/swift/MartletClient/CallRunner.swift": "clients must not try again in step",
      "clients/swift/MartletClient/StreamRecovery.swift": "clients must not try again in step",
      "clients/swift/MartletClient/MartletClient.swift": "clients must not try again in step",
      "clients/swift/MartletWorker/Driver/WorkerStream.swift": "workers must not come back in step",
      "clients/swift/MartletClient/RequestID.swift": "a request id must be nobody else's",
      "clients/cli/Demo/DemoRun.swift": "a run's label must be no other run's",
    ]).check(places(of: pattern) + places(of: /\bUUID\(\)/), "use SeededRandom")
  }

  @Test("nothing is left to be done")
  func toDo() throws {
    // Put together here, so that this file passes.
    let word = try Regex("\\b(?:TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b|\\b[Ff]or " + "now\\b")
    var found: [String] = []
    func look(_ path: String, _ text: String) {
      guard text.contains(word) else { return }
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      found += zip(1..., lines).filter { $0.1.contains(word) }.map { "\(path):\($0.0)" }
    }
    for file in Repository.sources + Repository.tests { look(file.path, file.text) }
    for folder in ["proto", "scripts", "docs", "tests"] {
      let paths = Repository.paths(below: folder, extensions: ["proto", "py", "md", "sh", ""])
      for path in paths where !path.hasPrefix("tests/corpus/") {
        look(path, try Repository.text(of: path))
      }
    }
    #expect(found == [])
  }

  @Test("nothing in the product crashes on what it was given")
  func traps() {
    Allowance(reasons: [:]).check(
      places(of: /\btry!|\bfatalError\(|\bas!\s/), "throw, or make it unsayable")
  }
}
