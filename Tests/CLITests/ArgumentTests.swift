import ArgumentParser
import MartletClient
import Testing

@testable import martlet

@Suite("Arguments")
struct ArgumentTests {
  @Test(
    "durations are read as people write them",
    arguments: [
      ("10s", Duration.seconds(10)), ("5m", .seconds(300)), ("1h30m", .seconds(5_400)),
      ("250ms", .milliseconds(250)), ("1.5s", .milliseconds(1_500)), ("2d", .seconds(172_800)),
      ("0s", .zero),
    ])
  func durations(text: String, span: Duration) {
    #expect(DurationArgument(argument: text)?.duration == span)
  }

  @Test("what is no duration is refused", arguments: ["", "10", "s", "-5s", "5x", "1h-", "1e9s"])
  func noDurations(text: String) { #expect(DurationArgument(argument: text) == nil) }

  @Test(
    "sizes are read and written",
    arguments: [("4096", 4_096), ("64KiB", 65_536), ("8MiB", 8 << 20), ("1.5MB", 1_500_000)])
  func sizes(text: String, bytes: Int) {
    #expect(ByteSizeArgument(argument: text)?.bytes == bytes)
  }

  @Test("sizes are written for people")
  func sizeTexts() {
    let sizes: [Int64] = [17, 1_229, 1_048_576, 1_073_741_823, 671_088_640]
    #expect(
      sizes.map(ByteSize.text) == ["17 B", "1.2 KiB", "1.0 MiB", "1.0 GiB", "640 MiB"])
  }

  @Test("a label is a key and a value, which may be empty or hold =")
  func labels() {
    #expect(LabelArgument(argument: "a=b=c")?.value == "b=c")
    #expect(LabelArgument(argument: "a=")?.value == "")
    #expect(LabelArgument(argument: "a") == nil)
    #expect(LabelArgument(argument: "=b") == nil)
  }

  @Test("states and event types are known by short names in any case")
  func names() {
    #expect(TaskStateArgument(argument: "failed")?.state == .failed)
    #expect(TaskStateArgument(argument: "unspecified") == nil)
    #expect(EventTypeArgument(argument: "failed")?.type == .taskFailed)
    #expect(EventTypeArgument(argument: "pool-created")?.type == .poolCreated)
    #expect(EventTypeArgument(argument: "TASK_LOST")?.type == .taskLost)
  }

  /// The command that a command line means.
  private func parsed<Command>(_ arguments: [String], as: Command.Type) async throws -> Command {
    try #require(try await Martlet.asyncParseAsRoot(arguments) as? Command)
  }

  @Test("a purge is a filter of finished tasks")
  func purges() async throws {
    func filter(_ arguments: String...) async throws -> String {
      try await parsed(["purge"] + arguments, as: PurgeCommand.self).filter(now: 1_700_000_060)
    }
    let all = "(state = SUCCEEDED OR state = FAILED OR state = CANCELLED)"
    #expect(try await filter("--all") == all)
    #expect(
      try await filter("--pool", "p", "--outcome", "failed", "--older-than", "60s")
        == #"pool = "p" AND (state = FAILED) AND finish_time < "2023-11-14T22:13:20.000Z""#)
    for wrong in [
      [], ["--all", "--pool", "p"], ["--outcome", "running"], ["--all", "--rate", "0"],
    ] {
      await #expect(throws: (any Error).self) {
        try await parsed(["purge"] + wrong, as: PurgeCommand.self)
      }
    }
  }

  @Test("a place in the feed is a word, a time or a cursor")
  func places() async throws {
    func start(_ arguments: String...) async throws -> EventStart {
      try await parsed(["events"] + arguments, as: EventsCommand.self).start(now: 1_000)
    }
    #expect(try await start() == .beginning)
    #expect(try await start("--follow") == .now)
    #expect(try await start("--from", "now") == .now)
    #expect(try await start("--from", "r17") == .cursor("r17"))
    #expect(try await start("--since", "10m") == .time(.init(seconds: 400)))
    #expect(
      try await start("--from", "1970-01-01T00:01:00Z", "--follow") == .time(.init(seconds: 60)))
  }

  @Test("conditions are joined and quoted")
  func filter() async throws {
    let arguments = [
      "task", "list", "--pool", "p", "--state", "failed", "--label", #"a"b=c\d"#, "--filter",
      "priority > 5",
    ]
    let selection = try await parsed(arguments, as: TaskListCommand.self).selection
    #expect(
      selection.filter
        == #"pool = "p" AND state = FAILED AND labels."a\"b" = "c\\d" AND priority > 5"#)
  }

  @Test("only what is given is changed in a pool")
  func updateFields() async throws {
    let arguments = ["pool", "update", "p", "--slots", "3", "--max-attempts", "2"]
    let command = try await parsed(arguments, as: PoolUpdate.self)
    #expect(command.fields == ["slots", "default_retry_policy"])
    let timers = try await parsed(
      [
        "pool", "update", "p", "--queue-timeout", "1m", "--heartbeat-timeout", "10s",
        "--priority-ageing", "5m", "--reset", "run-timeout",
      ], as: PoolUpdate.self)
    #expect(
      timers.fields == [
        "default_queue_timeout", "default_heartbeat_timeout", "priority_ageing",
        "default_run_timeout",
      ])
    #expect(timers.settings.spec.defaultQueueTimeout == .init(seconds: 60))
    #expect(timers.settings.spec.defaultHeartbeatTimeout == .init(seconds: 10))
    #expect(timers.settings.spec.priorityAgeing == .init(seconds: 300))
    await #expect(throws: (any Error).self) {
      try await Martlet.asyncParseAsRoot(["pool", "update", "p"])
    }
  }

  @Test("fairness keys of tasks and rules of pools are read")
  func fairness() async throws {
    let submit = try await parsed(
      ["task", "submit", "p", "k", "--fairness-key", "a", "--fairness-weight", "3"],
      as: TaskSubmit.self)
    let spec = submit.options.spec(kind: "k", payload: [], now: 0)
    #expect(spec.fairnessKey == "a" && spec.fairnessWeight == 3)
    let update = try await parsed(
      ["pool", "update", "p", "--fairness", "share-first"], as: PoolUpdate.self)
    #expect(update.fields == ["fairness"] && update.settings.spec.fairness == .shareFirst)
    await #expect(throws: (any Error).self) {
      try await Martlet.asyncParseAsRoot(["pool", "update", "p", "--fairness", "random"])
    }
  }

  @Test("delays for classes of failures are read, replaced and removed")
  func failureDelays() async throws {
    let arguments = ["pool", "update", "p"]
    let given = try await parsed(
      arguments + ["--failure-delay", "network=30s", "--failure-delay", "disk=1m30s"],
      as: PoolUpdate.self)
    #expect(given.fields == ["failure_class_delays"])
    #expect(
      given.settings.spec.failureClassDelays
        == ["network": .init(seconds: 30), "disk": .init(seconds: 90)])
    let none = try await parsed(arguments + ["--reset", "failure-delays"], as: PoolUpdate.self)
    #expect(none.fields == ["failure_class_delays"])
    #expect(none.settings.spec.failureClassDelays.isEmpty)
    for wrong in ["network", "=30s", "network=soon", "network="] {
      #expect(FailureDelayArgument(argument: wrong) == nil)
    }
    await #expect(throws: (any Error).self) {
      try await Martlet.asyncParseAsRoot(
        arguments + ["--reset", "failure-delays", "--failure-delay", "network=30s"])
    }
  }

  @Test("options before the command are moved behind it, but not behind --")
  func moved() {
    #expect(
      GlobalOptions.movedBehindCommand(["--server", "h:1", "-o", "json", "task", "list"])
        == ["task", "list", "--server", "h:1", "-o", "json"])
    #expect(
      GlobalOptions.movedBehindCommand(["--server=h:1", "task", "submit", "--", "-x"])
        == ["task", "submit", "--server=h:1", "--", "-x"])
    #expect(GlobalOptions.movedBehindCommand(["--help"]) == ["--help"])
  }

  @Test("the server of a half-written command line is found for completions")
  func completionServer() {
    #expect(Completions.server(in: ["task", "get", "--server", "h:1", ""]) == "h:1")
    #expect(Completions.server(in: ["task", "get", "--server=h:2"]) == "h:2")
    #expect(Completions.server(in: ["task", "get", "--server"]) == nil)
  }
}
