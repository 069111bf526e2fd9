import Glibc
import Synchronization

/// A program that this process has started. Its standard error is read; it has no other streams.
final class ChildProcess: Sendable {
  let pid: pid_t
  private let ending: Task<Void, Never>

  /// Children that may still be alive, for `killAll`.
  private static let alive = Mutex<Set<pid_t>>([])

  /// For the end of this process, whatever ends it.
  static func killAll() {
    for pid in alive.withLock({ $0 }) { kill(pid, SIGKILL) }
  }

  private init(pid: pid_t, ending: Task<Void, Never>) {
    self.pid = pid
    self.ending = ending
  }

  /// - Parameter reading: Reads what comes from this descriptor to its end and closes it, on a
  ///   thread of its own.
  static func start(
    _ binary: String, _ arguments: [String],
    reading: @escaping @Sendable (_ errors: CInt) -> Void
  ) throws -> ChildProcess {
    let (pid, errors) = try spawn(binary, arguments)
    alive.withLock { _ = $0.insert(pid) }
    let ending = Task {
      await onThread {
        reading(errors)
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      }
      alive.withLock { _ = $0.remove(pid) }
    }
    return ChildProcess(pid: pid, ending: ending)
  }

  /// Sends a signal, and waits for the end.
  func end(_ signal: CInt) async {
    kill(pid, signal)
    await ending.value
  }

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
