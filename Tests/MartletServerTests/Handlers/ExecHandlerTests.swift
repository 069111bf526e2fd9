import Foundation
import Glibc
import MartletServer
import Synchronization
import Testing

@Suite("Handlers: exec")
struct ExecHandlerTests {
  private let handler: ExecHandler

  init() throws {
    let commands = [
      try CommandTemplate(name: "say", words: ["/bin/echo", "{text}", "--to={whom}!"]),
      try CommandTemplate(name: "sh", words: ["/bin/sh", "-c", "{script}"]),
      try CommandTemplate(name: "gone", words: ["/no/such/program"]),
    ]
    handler = ExecHandler(commands: commands, outputBytesMax: 100_000)
  }

  private func script(_ text: String, stdin: String = "") -> String {
    #"{"command": "sh", "arguments": {"script": "\#(text)"}, "stdin": "\#(stdin)"}"#
  }

  // MARK: - Templates

  @Test("each word is one argument, whatever is filled in")
  func fills() async throws {
    let payload = #"{"command": "say", "arguments": {"text": "a b; rm $HOME", "whom": "-x y"}}"#
    #expect(try await handler.text(of: payload) == "a b; rm $HOME --to=-x y!\n")
  }

  @Test(
    "values that are missing, too many, or look like an option are refused",
    arguments: [
      #"{"text": "a"}"#, #"{"text": "a", "whom": "b", "more": "c"}"#,
      #"{"text": "-n", "whom": "b"}"#, #"{"text": "a\u0000", "whom": "b"}"#,
      #"{"text": 1, "whom": "b"}"#, "{}",
    ])
  func refusesValues(arguments: String) async {
    let failure = await handler.failure(of: #"{"command": "say", "arguments": \#(arguments)}"#)
    #expect(failure?.code == "INVALID_PAYLOAD")
    #expect(failure?.retryable == false)
  }

  @Test(
    "a template that makes no sense is refused",
    arguments: [
      ("a b", ["/bin/ls"]), ("", ["/bin/ls"]), ("ls", []), ("ls", ["ls"]),
      ("ls", ["/bin/{name}"]), ("ls", ["/bin/ls", "{"]), ("ls", ["/bin/ls", "{a b}"]),
      ("ls", ["/bin/ls", "a\0"]),
    ])
  func refusesTemplates(name: String, words: [String]) {
    #expect(throws: CommandTemplate.Problem.self) {
      try CommandTemplate(name: name, words: words)
    }
  }

  @Test("only what the operator allows is run, and nothing at all unless something is")
  func allows() async throws {
    let failure = await handler.failure(of: #"{"command": "ls"}"#)
    #expect(failure?.code == "NOT_ALLOWED")
    #expect(!HandlerRegistry.standard(fileRoots: .none).kinds.contains("exec"))
    let command = try CommandTemplate(name: "ls", words: ["/bin/ls"])
    #expect(
      HandlerRegistry.standard(fileRoots: .none, commands: [command]).kinds.contains("exec"))
  }

  // MARK: - Runs

  @Test("what the command reads is stdin, what it writes is the result")
  func pipes() async throws {
    #expect(try await handler.text(of: script("tr a-z A-Z", stdin: "ünser")) == "üNSER")
    let large = String(repeating: "x", count: 99_999)
    #expect(try await handler.text(of: script("cat", stdin: large)) == large)
  }

  @Test("it has a small environment, no open files of the server and no folder of its own")
  func surroundings() async throws {
    setenv("EXEC_TEST_SECRET", "1", 1)
    let text = try await handler.text(of: script("env; pwd; ls /proc/self/fd"))
    #expect(!text.contains("SECRET"))
    #expect(text.contains("MARTLET_KIND=") && text.contains("MARTLET_ATTEMPT=1"))
    #expect(text.hasSuffix("/\n0\n1\n2\n3\n"), "3 is the folder that ls reads")
  }

  @Test("an exit code or a signal is the failure, the end of stderr its message")
  func fails() async {
    #expect(
      await handler.failure(of: script("echo first; echo why >&2; exit 3"))
        == HandlerFailure(code: "EXIT_3", message: "why", retryable: true))
    #expect(
      await handler.failure(of: script("kill -9 $$"))
        == HandlerFailure(code: "SIGNAL_9", message: "sh ended with SIGNAL_9", retryable: true))
    let long = await handler.failure(of: script("yes line | head -9999 >&2; echo end >&2; exit 1"))
    #expect(long?.message.hasSuffix("line\nend") == true)
    #expect(long?.message.utf8.count ?? 0 <= 4_096)
  }

  @Test("a program that is not there is said so, for good")
  func notFound() async {
    let failure = await handler.failure(of: #"{"command": "gone"}"#)
    #expect(failure?.code == "COMMAND_NOT_FOUND")
    #expect(failure?.retryable == false)
  }

  @Test("output without end is cut off, and its writer killed")
  func tooMuch() async {
    let failure = await handler.failure(of: script("yes"))
    #expect(failure?.code == "OUTPUT_TOO_LARGE")
    #expect(failure?.retryable == false)
  }

  @Test("told to stop it gets SIGTERM, with its whole group, and has time for that")
  func stops() async throws {
    let pipe = try NamedPipe()
    let text = script(
      "exec 9> \(pipe.path); trap 'sleep 0.1; echo bye >&9; exit' TERM; echo started >&9; "
        + "sleep 600 & wait")
    let run = Task { [handler] in await handler.failure(of: text) }
    #expect(await pipe.read(atMost: 8) == "started\n")
    run.cancel()
    #expect(await pipe.readToEnd() == "bye\n", "and the sleep, which has the pipe too, is gone")
    #expect(await run.value == .cancelled)
  }

  @Test("what it leaves behind when it ends is killed")
  func leavesNothing() async throws {
    let pipe = try NamedPipe()
    let text = script("exec 9> \(pipe.path); echo started >&9; sleep 600 & echo ok")
    let run = Task { [handler] in try await handler.text(of: text) }
    #expect(await pipe.readToEnd() == "started\n")
    #expect(try await run.value == "ok\n")
  }
}

/// A pipe that commands find by its path; it ends when all that opened it are gone.
private final class NamedPipe: Sendable {
  let path: String

  init() throws {
    path = "/tmp/martlet-exec-\(getpid())-\(UInt64.random(in: 0...(.max)))"
    try #require(mkfifo(path, 0o600) == 0)
  }

  deinit { unlink(path) }

  private let descriptor = Mutex<CInt>(-1)

  /// Waits for whoever writes, on a thread of its own.
  func read(atMost count: Int) async -> String {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in
        let file = descriptor.withLock { file in
          if file < 0 { file = open(path, O_RDONLY) }
          return file
        }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = Glibc.read(file, &bytes, count)
        continuation.resume(returning: String(decoding: bytes.prefix(max(0, got)), as: UTF8.self))
      }
    }
  }

  func readToEnd() async -> String {
    var text = ""
    while true {
      let piece = await read(atMost: 4_096)
      if piece.isEmpty { break }
      text += piece
    }
    descriptor.withLock { _ = close($0) }
    return text
  }
}
