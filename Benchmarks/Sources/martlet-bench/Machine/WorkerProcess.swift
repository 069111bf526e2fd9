import Foundation
import Glibc
import MartletClient

/// A martlet-bench-worker that this process has started.
struct WorkerProcess: Sendable {
  private let child: ChildProcess

  /// Beside this program.
  private static func binary() throws -> String {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let path = own.deletingLastPathComponent().appendingPathComponent("martlet-bench-worker").path
    guard access(path, X_OK) == 0 else { throw BenchProblem("there is no program \(path)") }
    return path
  }

  static func start(_ server: ServerProcess, slots: Int, kind: String) throws -> WorkerProcess {
    let arguments = [server.address, "\(slots)", kind]
    return WorkerProcess(
      child: try ChildProcess.start(try binary(), arguments) { errors in
        let file = FileHandle(fileDescriptor: errors, closeOnDealloc: true)
        while case let bytes = file.availableData, !bytes.isEmpty {
          FileHandle.standardError.write(bytes)
        }
      })
  }

  /// SIGTERM, and waits for the end.
  func stop() async { await child.end(SIGTERM) }

  /// SIGKILL, and waits for the end. Returns when it was sent.
  func crash() async -> ContinuousClock.Instant {
    let moment = ContinuousClock.now
    await child.end(SIGKILL)
    return moment
  }
}

extension Bench {
  /// Worker processes that are connected, while `body` runs.
  func withWorkers(
    _ count: Int, slots: Int, kind: String, _ server: ServerProcess, _ client: Client,
    _ body: ([WorkerProcess]) async throws -> Void
  ) async throws {
    let before = try await client.connectedWorkers()
    var workers: [WorkerProcess] = []
    do {
      for _ in 0..<count {
        workers.append(try WorkerProcess.start(server, slots: slots, kind: kind))
      }
      try await client.waitForWorkers(before + count)
      try await body(workers)
    } catch {
      for worker in workers { _ = await worker.crash() }
      throw error
    }
    for worker in workers { await worker.stop() }
  }
}

extension Client {
  func connectedWorkers() async throws -> Int {
    try await workers.listWorkers(.init()).workers.count { $0.connected && $0.credit > 0 }
  }

  /// Until so many are connected and take tasks.
  func waitForWorkers(_ count: Int) async throws {
    let start = ContinuousClock.now
    while try await connectedWorkers() < count {
      if ContinuousClock.now - start > .seconds(30) { throw BenchProblem("a worker did not come") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

extension API.TaskSpec {
  /// The task that does nothing, on a worker.
  static let nothingElsewhere = API.TaskSpec(kind: "bench.nothing")
  /// A task that ends when it is stopped.
  static let hold = API.TaskSpec(kind: "bench.hold")
}
