import Glibc

/// The program `openssl`, running: a party to TLS that we did not write.
final class OpenSSL: Sendable {
  /// How it ended, and what it had to say.
  struct Outcome: Sendable {
    var output: String
    var errors: String
    var hasSucceeded: Bool
  }

  struct CannotStart: Error {}

  private let process: pid_t
  /// Its standard input and output.
  private let conversation: Int32
  private let errors: Int32

  init(_ arguments: [String]) throws {
    let conversation = try Self.pair()
    let errors = try Self.pair()
    defer {
      close(conversation.theirs)
      close(errors.theirs)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, conversation.theirs, 0)
    posix_spawn_file_actions_adddup2(&actions, conversation.theirs, 1)
    posix_spawn_file_actions_adddup2(&actions, errors.theirs, 2)
    // Else it would hold other tests' sockets and pipes open, which then never end.
    for other in 3..<min(Int32(clamping: sysconf(Int32(_SC_OPEN_MAX))), 4_096) {
      posix_spawn_file_actions_addclose(&actions, other)
    }
    var words = (["openssl"] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let result = posix_spawnp(&process, "openssl", &actions, nil, &words, nil)
    self.process = process
    self.conversation = conversation.ours
    self.errors = errors.ours
    guard result == 0 else { throw CannotStart() }
  }

  /// Connected sockets: unlike pipes, they are made so that no other child gets them.
  private static func pair() throws -> (ours: Int32, theirs: Int32) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw CannotStart() }
    return (ends[0], ends[1])
  }

  deinit {
    close(conversation)
    close(errors)
  }

  /// Runs it to its end, without input.
  static func run(_ arguments: [String]) async throws -> Outcome {
    try await OpenSSL(arguments).outcome()
  }

  /// `s_client` to a port of the loopback. It ends by itself after the handshake, or, if it
  /// `waits`, when the server ends the connection.
  static func connect(
    port: Int, _ arguments: [String], waits: Bool = false
  ) async throws -> Outcome {
    let last = waits ? ["-ign_eof"] : ["-no_ign_eof"]
    return try await run(["s_client", "-connect", "127.0.0.1:\(port)"] + arguments + last)
  }

  private func outcome() async -> Outcome {
    await BlockingThread.run { [self] in
      // It says little enough not to fill a pipe.
      shutdown(conversation, Int32(SHUT_WR))
      let output = readToEnd(conversation)
      let errors = readToEnd(errors)
      return Outcome(output: output, errors: errors, hasSucceeded: wait() == 0)
    }
  }

  private func readToEnd(_ descriptor: Int32) -> String {
    var all: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while case let count = read(descriptor, &part, part.count), count > 0 { all += part[..<count] }
    return String(decoding: all, as: UTF8.self)
  }

  /// Its exit status.
  private func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }

  // MARK: A server

  /// `s_server` on a free port of the loopback, which it returns: a server of TLS, and of nothing
  /// else.
  static func serve(_ arguments: [String]) async throws -> (OpenSSL, port: Int) {
    let server = try OpenSSL(["s_server", "-accept", "127.0.0.1:0"] + arguments)
    let line = await BlockingThread.run { server.acceptLine() }
    guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else {
      server.stop()
      throw CannotStart()
    }
    return (server, port)
  }

  /// Such as `ACCEPT 127.0.0.1:12345`.
  private func acceptLine() -> Substring {
    var text = ""
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      if let line = lines.first(where: { $0.hasPrefix("ACCEPT ") }) { return line }
      let count = read(conversation, &part, part.count)
      guard count > 0 else { return "" }
      text += String(decoding: part[..<count], as: UTF8.self)
    }
  }

  func stop() {
    kill(process, SIGKILL)
    _ = wait()
  }
}
