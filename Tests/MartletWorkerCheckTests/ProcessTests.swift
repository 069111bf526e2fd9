import Foundation
import MartletWorkerCheck
import Synchronization
import Testing

@Suite("Workers as processes")
struct ProcessTests {
  private func launched(_ script: String) throws -> any LaunchedWorker {
    try ProcessLauncher(command: ["sh", "-c", script]).launch(server: "127.0.0.1:1")
  }

  @Test("the address is in the environment, and the output is kept")
  func environment() async throws {
    let worker = try launched("echo at $MARTLET_SERVER; echo too >&2; exit 3")
    #expect(await worker.waitForExit() == 3)
    #expect(worker.output == "at 127.0.0.1:1\ntoo\n")
  }

  @Test("of much output the end is kept")
  func long() async throws {
    let worker = try launched("seq 1 5000")
    #expect(await worker.waitForExit() == 0)
    #expect(worker.output.hasSuffix("\n4999\n5000\n"))
    #expect(worker.output.utf8.count == 2_048)
  }

  @Test("SIGTERM reaches it, and a signal is a status of 128 and more")
  func terminate() async throws {
    let worker = try launched("exec sleep 600")
    worker.terminate()
    #expect(await worker.waitForExit() == 128 + 15)
    // Too late, and harmless.
    worker.terminate()
  }

  @Test("what it started is killed with it")
  func group() async throws {
    let worker = try launched("sleep 600 & echo $!; wait")
    while !worker.output.hasSuffix("\n") { await Task.yield() }
    let child = try #require(Int32(worker.output.dropLast()))
    worker.kill()
    #expect(await worker.waitForExit() == 128 + 9)
    // Its new parent takes it away at its own time.
    while let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8),
      !state.contains(") Z ")
    {
      await Task.yield()
    }
  }

  @Test("a worker gets no file or connection of the check but its outputs")
  func inherited() async throws {
    let open = dup(0)
    #expect(open > 2)
    defer { close(open) }
    // 3 is the folder that `ls` reads.
    let worker = try launched("ls /proc/self/fd")
    #expect(await worker.waitForExit() == 0)
    #expect(worker.output == "0\n1\n2\n3\n")
  }

  @Test("a command that is not there cannot be started")
  func missing() {
    #expect(throws: LaunchFailure.self) {
      try ProcessLauncher(command: ["/no/such/program"]).launch(server: "127.0.0.1:1")
    }
  }

  @Test("a worker that ends before its hello ends the check, which shows what it said last")
  func noWorker() async {
    let report = Mutex("")
    let launcher = ProcessLauncher(command: ["sh", "-c", "echo no such module; exit 1"])
    let summary = await WorkerCheck(launcher: launcher).run { text in
      report.withLock { $0 += text }
    }
    #expect(!summary.isGood && summary.passed == 0)
    #expect(summary.bailedOut?.contains("no such module") == true)
    #expect(report.withLock { $0 }.contains("\nBail out! no worker"))
  }

  @Test("a check that is cancelled leaves no process behind")
  func cancelled() async throws {
    let launcher = RecordingLauncher()
    let check = WorkerCheck(launcher: launcher)
    let running = Task { await check.run { _ in } }
    while launcher.workers.withLock({ $0.isEmpty }) { await Task.yield() }
    running.cancel()
    #expect(await running.value.bailedOut == "interrupted")
    for worker in launcher.workers.withLock({ $0 }) {
      #expect(await worker.waitForExit() == 128 + 9)
    }
  }
}

/// Starts processes that never connect, and remembers them.
private final class RecordingLauncher: WorkerLauncher {
  let workers = Mutex<[any LaunchedWorker]>([])

  func launch(server: String) throws -> any LaunchedWorker {
    let worker = try ProcessLauncher(command: ["sleep", "600"]).launch(server: server)
    workers.withLock { $0.append(worker) }
    return worker
  }
}
