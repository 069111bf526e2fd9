import Foundation
import Glibc
import Synchronization

/// A martletd that this process has started, on a port of its own.
final class ServerProcess: Sendable {
  let pid: pid_t
  /// Where it serves: host and port.
  let address: String
  private let ending: Task<Void, Never>

  /// Children that may still be alive, for `killAll`.
  private static let alive = Mutex<Set<pid_t>>([])

  /// For the end of this process, whatever ends it.
  static func killAll() {
    for pid in alive.withLock({ $0 }) { kill(pid, SIGKILL) }
  }

  private init(pid: pid_t, address: String, ending: Task<Void, Never>) {
    self.pid = pid
    self.address = address
    self.ending = ending
  }

  /// Returns when the server says that it serves.
  static func start(
    binary: String, dataDirectory: String, arguments: [String] = []
  ) async throws -> ServerProcess {
    let arguments =
      ["--listen", "127.0.0.1:0", "--data-dir", dataDirectory, "--log-format", "json"] + arguments
    let child = try spawn(binary, arguments)
    alive.withLock { _ = $0.insert(child.pid) }
    let (ready, said) = AsyncStream.makeStream(of: ServerLog.Start.self)
    let ending = Task {
      await onThread {
        ServerLog(descriptor: child.errors).read { said.yield($0) }
        said.finish()
        var status: CInt = 0
        while waitpid(child.pid, &status, 0) < 0, errno == EINTR {}
      }
      alive.withLock { _ = $0.remove(child.pid) }
    }
    for await start in ready {
      switch start {
      case .serving(let address):
        return ServerProcess(pid: child.pid, address: address, ending: ending)
      case .ended(let lines):
        throw BenchProblem("martletd did not start: \(lines.joined(separator: " "))")
      }
    }
    throw BenchProblem("martletd did not start")
  }

  /// SIGTERM, and waits for the end.
  func stop() async {
    kill(pid, SIGTERM)
    await ending.value
  }

  /// SIGKILL, and waits for the end.
  func crash() async {
    kill(pid, SIGKILL)
    await ending.value
  }

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

  // MARK: - Parts

  private static func spawn(
    _ binary: String, _ arguments: [String]
  ) throws -> (pid: pid_t, errors: CInt) {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { throw BenchProblem.system("pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    // Signals that this process ignores would stay ignored in the child.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var words: [UnsafeMutablePointer<CChar>?] = ([binary] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let error = posix_spawn(&pid, binary, &actions, &attributes, &words, environ)
    guard error == 0 else {
      close(ends[0])
      throw BenchProblem("cannot start \(binary): \(String(cString: strerror(error)))")
    }
    return (pid, ends[0])
  }
}

/// Runs what blocks on a thread of its own.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
  await withCheckedContinuation { continuation in
    Thread.detachNewThread { continuation.resume(returning: body()) }
  }
}
