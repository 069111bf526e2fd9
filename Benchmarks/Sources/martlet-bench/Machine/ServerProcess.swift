import Foundation
import Glibc

/// A martletd that this process has started, on a port of its own.
final class ServerProcess: Sendable {
  let pid: pid_t
  /// Where it serves: host and port.
  let address: String
  private let child: ChildProcess

  private init(_ child: ChildProcess, address: String) {
    pid = child.pid
    self.address = address
    self.child = child
  }

  /// Returns when the server says that it serves.
  static func start(
    binary: String, dataDirectory: String, arguments: [String] = []
  ) async throws -> ServerProcess {
    let arguments =
      ["--listen", "127.0.0.1:0", "--data-dir", dataDirectory, "--log-format", "json"] + arguments
    let (ready, said) = AsyncStream.makeStream(of: ServerLog.Start.self)
    let child = try ChildProcess.start(binary, arguments) { errors in
      ServerLog(descriptor: errors).read { said.yield($0) }
      said.finish()
    }
    for await start in ready {
      switch start {
      case .serving(let address):
        return ServerProcess(child, address: address)
      case .ended(let lines):
        throw BenchProblem("martletd did not start: \(lines.joined(separator: " "))")
      }
    }
    throw BenchProblem("martletd did not start")
  }

  /// SIGTERM, and waits for the end.
  func stop() async { await child.end(SIGTERM) }

  /// SIGKILL, and waits for the end.
  func crash() async { await child.end(SIGKILL) }

  // MARK: - What it takes

  /// Of its memory, what is in RAM now.
  func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    for line in status.split(separator: "\n") where line.hasPrefix("VmRSS:") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      if words.count > 1, let kibibytes = Int(words[1]) { return kibibytes * 1_024 }
    }
    throw BenchProblem("martletd has ended")
  }

  /// User and system time of all its threads so far.
  func processorTime() throws -> Duration {
    let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    // The second field, the name, is in parentheses and may hold blanks; utime and stime are
    // fields 14 and 15.
    guard let name = stat.lastIndex(of: ")") else { throw BenchProblem("martletd has ended") }
    let fields = stat[stat.index(after: name)...].split(separator: " ")
    guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
      throw BenchProblem("/proc/\(pid)/stat has another form")
    }
    let ticks = sysconf(CInt(_SC_CLK_TCK))
    return .nanoseconds((user + system) * 1_000_000_000 / ticks)
  }
}

/// Runs what blocks on a thread of its own.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
  await withCheckedContinuation { continuation in
    Thread.detachNewThread { continuation.resume(returning: body()) }
  }
}
