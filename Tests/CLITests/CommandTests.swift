import Foundation
import MartletClient
import MartletFakes
import Testing

@testable import martlet

@Suite("Commands")
struct CommandTests {
  @Test("a pool is created, listed, changed and deleted")
  func pools() async throws {
    try await CommandWorld.with { world in
      let created = await world.run("pool", "create", "mails", "--slots", "4", "-o", "json")
      #expect(created.status == .ok)
      #expect(created.output.hasPrefix(#"{"name":"mails","state":"ACTIVE","spec":{"slots":4,"#))
      let list = await world.run("pool", "list")
      #expect(list.lines.first?.hasPrefix("NAME   STATE") == true)
      #expect(list.lines.last?.hasPrefix("mails  ACTIVE      4") == true)
      let updated = await world.run("pool", "update", "mails", "--slots", "9")
      #expect(updated.output.contains("slots"))
      #expect(await world.run("pool", "pause", "mails").output.contains("PAUSED"))
      #expect(await world.run("pool", "resume", "mails").output.contains("ACTIVE"))
      #expect(await world.run("pool", "drain", "mails").output.contains("DRAINING"))
      #expect(await world.run("pool", "delete", "mails", "--force").status == .ok)
      #expect(await world.run("pool", "get", "mails").status == .notFound)
    }
  }

  @Test("submit writes the id, and @last means it from then on")
  func last() async throws {
    try await CommandWorld.with { world in
      #expect(await world.run("task", "get", "@last").status == .notFound)
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      let submitted = await world.run("task", "submit", "p", "echo", #"{"a":1}"#)
      #expect(submitted.output == "0000000000001\n")
      let task = await world.run("task", "get", "@last", "-o", "json")
      #expect(task.output.hasPrefix(#"{"id":"0000000000001","pool":"p","state":"SUCCEEDED""#))
      #expect(task.output.contains(#""content_type":"application/json""#))
      #expect(await world.run("task", "get", "@last", "--result").output == #"{"a":1}"#)
    }
  }

  @Test("a waiting task is changed by what is given, and only that")
  func update() async throws {
    try await CommandWorld.with(FakeNode { _ in .hang }) { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      await world.run("task", "submit", "p", "echo", "--label", "a=1").isOK()
      #expect(await world.run("task", "update", "@last").status == .usage)
      #expect(
        await world.run("task", "update", "@last", "--now", "--due", "1h").status == .usage)
      let changed = await world.run(
        "task", "update", "@last", "--priority", "9", "--due", "2026-11-21T10:48:43Z", "-o", "json")
      #expect(changed.output.contains(#""priority":9"#))
      #expect(changed.output.contains(#""due_time":"2026-11-21T10:48:43.000000000Z""#))
      #expect(changed.output.contains(#""labels":{"a":"1"}"#))
      let bare = await world.run("task", "update", "@last", "--no-labels", "-o", "json")
      #expect(bare.output.contains(#""labels":{}"#) && bare.output.contains(#""priority":9"#))
    }
  }

  @Test("what is to be unique goes along with the task")
  func unique() async throws {
    try await CommandWorld.with { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      await world.run(
        "task", "submit", "p", "echo", "--unique-key", "k", "--unique-scope", "namespace",
        "--unique-window", "1h", "--unique-waiting-only", "--on-duplicate", "debounce"
      ).isOK()
      let task = await world.run("task", "get", "@last", "-o", "json")
      #expect(
        task.output.contains(
          #""unique":{"key":"k","scope":"NAMESPACE","finished_within":"3600s","#
            + #""waiting_only":true,"on_conflict":"DEBOUNCE"}"#))
      for wrong in [["--on-duplicate", "replace"], ["--unique-key", "k", "--on-duplicate", "x"]] {
        let ran = await CommandWorld.run(["task", "submit", "p", "echo"] + wrong)
        #expect(ran.status == .usage)
      }
    }
  }

  @Test("the payload comes from an argument, a file or the standard input")
  func payloads() async throws {
    try await CommandWorld.with { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      let file = try world.file("payload", "from a file")
      for (arguments, expected) in [
        (["hello"], "hello"), (["-"], "from the input"), (["--file", file], "from a file"),
        (["--file", "-"], "from the input"), ([], ""),
      ] {
        let ran = await CommandWorld.run(
          ["task", "submit", "p", "echo", "--wait", "--result"] + arguments,
          input: "from the input",
          environment: ["MARTLET_SERVER": world.server.target, "XDG_STATE_HOME": world.folder])
        #expect(ran.status == .ok)
        #expect(ran.output == expected)
      }
    }
  }

  @Test("submit --wait ends with 1 and shows why when the task fails")
  func waitFails() async throws {
    let failure = API.Failure(
      kind: .handler, code: "NOT_A_FILE", message: "it is a folder", attempt: 1)
    try await CommandWorld.with(FakeNode { _ in .fail(failure) }) { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      let ran = await world.run("task", "submit", "p", "file.digest", "{}", "--wait")
      #expect(ran.status == .taskFailed)
      #expect(ran.output.contains("HANDLER NOT_A_FILE: it is a folder"))
      #expect(ran.errors.isEmpty)
      let waited = await world.run("task", "wait", "@last", "--result")
      #expect(waited.status == .taskFailed)
      #expect(waited.output.isEmpty)
      #expect(waited.errors.contains("FAILED (HANDLER NOT_A_FILE: it is a folder)"))
    }
  }

  @Test("a time limit ends a wait with 6")
  func timeout() async throws {
    try await CommandWorld.with(FakeNode { _ in .hang }) { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      let ran = await world.run("task", "submit", "p", "x", "--wait", "--timeout", "50ms")
      #expect(ran.status == .timedOut)
      #expect(ran.errors.hasPrefix("martlet: the time limit of 50ms passed: "))
    }
  }

  @Test("errors are one sentence on the errors' side, with the exit code for scripts")
  func errors() async throws {
    try await CommandWorld.with { world in
      let noPool = await world.run("task", "submit", "nope", "echo")
      #expect(noPool.status == .notFound)
      #expect(
        noPool.errors
          == "martlet: the pool \"nope\" does not exist: see `martlet pool list`, or create it with "
          + "`martlet pool create`.\n")
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      let twice = await world.run("pool", "create", "p", "--slots", "1")
      #expect(twice.status == .refused)
      world.node.failNext(FakeNode.queueFull(retryAfter: .seconds(3)))
      let full = await world.run("task", "submit", "p", "echo")
      #expect(full.status == .refused)
      #expect(full.errors.contains("try again in 3s"))
      world.node.failNext(
        FakeNode.status(
          .invalidArgument, "FIELD_INVALID", "no", violations: [("spec.kind", "is empty")]))
      #expect(await world.run("task", "submit", "p", "").status == .usage)
      let noServer = await world.run("ping", "--server", "127.0.0.1:1")
      #expect(noServer.status == .unreachable)
      #expect(noServer.errors.contains("start `martletd`"))
      let usage = await world.run("task", "list", "--state", "broken")
      #expect(usage.status == .usage)
      #expect(usage.errors.hasSuffix("see `martlet task list --help`.\n"))
      for ran in [noPool, twice, full, noServer, usage] {
        #expect(ran.output.isEmpty)
        #expect(ran.errors.count { $0 == "\n" } == 1)
      }
    }
  }

  @Test("--wait-for-room waits out a full queue")
  func room() async throws {
    try await CommandWorld.with { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      world.node.failNext(FakeNode.queueFull(retryAfter: .milliseconds(1)))
      let ran = await world.run(
        "task", "submit", "p", "echo", "--wait-for-room", "--timeout", "10m")
      #expect(ran.status == .ok)
    }
  }

  @Test("a batch comes from JSON lines, from lines, or as so many alike")
  func batches() async throws {
    try await CommandWorld.with { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      let file = try world.file(
        "tasks.jsonl",
        """
        {"kind": "echo", "payload": {"to": "ada"}, "labels": {"a": "1"}, "delay": "1s"}
        {"payload": "text", "max_attempts": 2}

        """)
      let lines = await world.run("task", "batch", "p", file, "--kind", "other", "-l", "b=2")
      #expect(lines.lines.count == 2)
      let first = await world.run("task", "get", lines.lines.first ?? "", "-o", "json")
      #expect(first.output.contains(#""payload_text":"{\"to\":\"ada\"}""#))
      #expect(first.output.contains(#""labels":{"a":"1","b":"2"},"delay":"1s""#))
      let second = await world.run("task", "get", "@last", "-o", "json")
      #expect(second.output.contains(#""kind":"other","payload":"dGV4dA==""#))
      let payloads = await world.run(
        "task", "batch", "p", "-", "--lines", "--kind", "echo", input: "one\ntwo\nthree")
      #expect(payloads.lines.count == 3)
      let alike = await world.run(
        "task", "batch", "p", "--kind", "echo", "--count", "5", "--batch-size", "2", "-o", "json",
        "--wait")
      #expect(alike.status == .ok)
      #expect(alike.lines.count == 3)
      #expect(world.node.taskCount == 10)
    }
  }

  @Test("a batch with a line that is wrong submits nothing and names the line")
  func badBatch() async throws {
    try await CommandWorld.with { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      for (line, what) in [
        ("nonsense", "is not a JSON object"), (#"{"kind": 7}"#, "of the wrong type"),
        (#"{"payload": 1}"#, "names no `kind`"), (#"{"kind": "a", "x": 1}"#, "a field `x`"),
        (#"{"kind": "a", "delay": "soon"}"#, "is no duration"),
      ] {
        let ran = await world.run(
          "task", "batch", "p", "-", input: "{\"kind\": \"echo\"}\n\(line)\n")
        #expect(ran.status == .usage)
        #expect(ran.errors.contains("line 2"))
        #expect(ran.errors.contains(what))
      }
      #expect(world.node.taskCount == 0)
    }
  }

  @Test("task list fits the terminal, goes on to the limit, and says how many there are")
  func list() async throws {
    try await CommandWorld.with { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      await world.run("task", "batch", "p", "--kind", "echo", "--count", "30").isOK()
      let list = await world.run("task", "list", "--limit", "10", width: 60)
      #expect(list.lines.count == 11)
      let bare = list.lines.map { $0.replacing(/\u{1b}\[\d+m/, with: "") }
      #expect(bare.allSatisfy { TerminalText.width($0) <= 60 })
      #expect(list.errors == "10 of 30; see more with --limit or --all.\n")
      let all = await world.run("task", "list", "--all", "-o", "json", "--pool", "p")
      #expect(all.lines.count == 30)
      #expect(all.output.contains(#""filter":"pool = \"p\"""#))
      let plain = await world.run("task", "list", width: 60, environment: ["NO_COLOR": "1"])
      #expect(!plain.output.contains("\u{1b}"))
      #expect(plain.lines.allSatisfy { TerminalText.width($0) <= 60 })
    }
  }

  @Test("events are shown a line each, and as JSON with the cursor to go on from")
  func events() async throws {
    try await CommandWorld.with { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      await world.run("task", "submit", "p", "echo", "7", "-l", "a=b").isOK()
      let shown = await world.run("events")
      #expect(shown.lines.count == 4)
      #expect(shown.lines.last?.contains("4  TASK_SUCCEEDED") == true)
      let ended = await world.run("events", "--type", "succeeded", "--content", "-o", "json")
      #expect(ended.lines.count == 1)
      #expect(ended.output.contains(#""data_text":"7""#))
      #expect(ended.output.hasSuffix(#""cursor":"r4"}"# + "\n"))
      #expect(await world.run("events", "--from", "r4").output.isEmpty)
      #expect(await world.run("events", "--from", "junk").status == .usage)
    }
  }

  @Test("events --follow goes on after a restart of the server, without gap or double")
  func follow() async throws {
    try await CommandWorld.with { world in
      world.node.happen(.poolUpdated, count: 3)
      world.node.breakStreams(seed: 9)
      async let followed = world.run(
        "events", "--follow", "--from", "beginning", "-o", "json", "--limit", "43")
      world.node.happen(.poolPaused, count: 40)
      let ran = await followed
      #expect(ran.status == .ok)
      let revisions = ran.lines.compactMap { line in
        line.firstMatch(of: /"revision":(\d+)/).flatMap { Int($0.output.1) }
      }
      #expect(revisions == Array(1...43))
    }
  }

  @Test("ping, info, count and version answer in both forms")
  func small() async throws {
    try await CommandWorld.with { world in
      #expect(await world.run("ping").output.contains("serves"))
      #expect(await world.run("ping", "--wait", "5s", "-o", "json").output.contains("true"))
      #expect(await world.run("info").output.contains("9.9.9"))
      #expect(await world.run("info", "-o", "json").output.contains(#""version":"9.9.9""#))
      #expect(await world.run("task", "count", "-o", "json").output.hasPrefix(#"{"total":0,"#))
      #expect(await world.run("version").output == "\(Martlet.version)\n")
    }
  }

  @Test("a task is cancelled, and one that has not ended cannot be retried")
  func cancel() async throws {
    try await CommandWorld.with(FakeNode { _ in .hang }) { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      await world.run("task", "submit", "p", "x").isOK()
      #expect(await world.run("task", "retry", "@last").status == .refused)
      let cancelled = await world.run("task", "cancel", "@last", "--reason", "changed my mind")
      #expect(cancelled.output.contains("changed my mind"))
      #expect(await world.run("task", "cancel", "@last").status == .refused)
      #expect(await world.run("task", "wait", "@last").status == .taskFailed)
      #expect(await world.run("task", "retry", "@last", "--wait").status == .ok)
    }
  }

  @Test("each command's help has what it does, and the main help has the exit codes")
  func help() async {
    let help = await CommandWorld.run(["--help"])
    #expect(help.status == .ok)
    #expect(help.output.contains("EXIT CODES"))
    for command in ["pool create", "task submit", "task batch", "events", "demo", "ping"] {
      let words = command.split(separator: " ").map(String.init)
      let ran = await CommandWorld.run(words + ["--help"])
      #expect(ran.status == .ok)
      #expect(ran.output.contains("EXAMPLES"))
    }
  }

  @Test("shells get completions for pools and tasks from the server")
  func completions() async throws {
    for shell in ["bash", "zsh", "fish"] {
      let script = await CommandWorld.run(["--generate-completion-script", shell])
      #expect(script.status == .ok)
      #expect(script.output.contains("martlet"))
    }
    try await CommandWorld.with { world in
      await world.run("pool", "create", "mails", "--slots", "1").isOK()
      await world.run("task", "submit", "mails", "echo").isOK()
      let environment = ["MARTLET_SERVER": world.server.target]
      let pools = await CommandWorld.run(
        ["---completion", "pool", "get", "--", "positional@0", "2", "0", "ma"],
        environment: environment)
      #expect(pools.output.contains("mails"))
    }
  }
}

extension CommandWorld.Ran {
  func isOK(_ location: SourceLocation = #_sourceLocation) {
    #expect(status == .ok, "\(errors)", sourceLocation: location)
  }
}
