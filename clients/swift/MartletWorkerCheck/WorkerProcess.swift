internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization

/// Starts a command as a process of its own, with the address in `MARTLET_SERVER`.
package struct ProcessLauncher: WorkerLauncher {
  /// The program, looked for in PATH, and its arguments.
  package var command: [String]

  package init(command: [String]) { self.command = command }

  package func launch(server: String) throws -> any LaunchedWorker {
    try WorkerProcess(command: command, server: server)
  }
}

/// Why a command could not be started.
package struct LaunchFailure: Error, CustomStringConvertible {
  package var description: String
}

/// A worker as a process: in a group of its own, so that nothing of it is left behind.
final class WorkerProcess: LaunchedWorker {
  private let id: pid_t
  /// A file without a name that both outputs go to.
  private let file: Int32
  private let ending = Mutex(Ending())

  private struct Ending {
    var status: Int32?
    var waiters: [CheckedContinuation<Int32, Never>] = []
  }

  init(command: [String], server: String) throws {
    var template = Array("/tmp/martlet-worker-check-XXXXXX".utf8CString)
    file = mkstemp(&template)
    guard file >= 0 else {
      throw LaunchFailure(description: "no file for the worker's output: errno \(errno)")
    }
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    unlink(template)
    id = try Self.spawn(command, server, output: file)
    let id = self.id
    DispatchQueue(label: "worker").async { [weak self] in
      var status: Int32 = 0
      while waitpid(id, &status, 0) < 0, errno == EINTR {}
      self?.ended(Self.exitStatus(status))
    }
  }

  deinit { close(file) }

  func terminate() {
    if ending.withLock({ $0.status == nil }) { Glibc.kill(id, SIGTERM) }
  }

  func kill() {
    // The group may outlive its first process.
    Glibc.kill(-id, SIGKILL)
  }

  func waitForExit() async -> Int32 {
    await withCheckedContinuation { continuation in
      let status = ending.withLock { ending -> Int32? in
        if ending.status == nil { ending.waiters.append(continuation) }
        return ending.status
      }
      if let status { continuation.resume(returning: status) }
    }
  }

  var output: String {
    let size = lseek(file, 0, SEEK_END)
    var bytes = [UInt8](repeating: 0, count: 2 << 10)
    let count = pread(file, &bytes, bytes.count, max(0, size - bytes.count))
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  // MARK: - Parts

  private func ended(_ status: Int32) {
    let waiters = ending.withLock { ending in
      ending.status = status
      defer { ending.waiters = [] }
      return ending.waiters
    }
    for waiter in waiters { waiter.resume(returning: status) }
  }

  /// Of what `waitpid` says.
  private static func exitStatus(_ status: Int32) -> Int32 {
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }

  /// A group of its own, and no signal blocked or ignored.
  private static let spawnFlags = Int16(
    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)

  private static func spawn(
    _ command: [String], _ server: String, output: Int32
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    // A connection whose socket another worker has too would not end when it is broken here.
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Self.spawnFlags)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    var arguments = command.map { strdup($0) } + [nil]
    var environment = self.environment(server).map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var id: pid_t = 0
    let result = posix_spawnp(
      &id, command.first ?? "", &actions, &attributes, &arguments, &environment)
    guard result == 0 else {
      let reason = String(cString: strerror(result))
      throw LaunchFailure(description: "\(command.first ?? "") cannot be started: \(reason)")
    }
    return id
  }

  /// Ours, with the server's address.
  private static func environment(_ server: String) -> [String] {
    var entries: [String] = []
    var next = environ
    while let entry = next.pointee {
      entries.append(String(cString: entry))
      next += 1
    }
    return entries.filter { !$0.hasPrefix("MARTLET_SERVER=") } + ["MARTLET_SERVER=\(server)"]
  }
}
