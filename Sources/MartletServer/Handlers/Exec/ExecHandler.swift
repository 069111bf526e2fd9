import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// `exec`: runs one of the commands that the operator allows, as
/// `{"command": "thumbnail", "arguments": {"size": "200"}, "stdin": "…"}` says. What the command
/// writes to its standard output is the result.
///
/// Each runs in a process group of its own, without a shell, the server's environment or its open
/// files. Told to stop, the group gets SIGTERM and after a while SIGKILL; whatever of it is left
/// when the command has ended gets SIGKILL too.
///
/// Fails with NOT_ALLOWED, INVALID_PAYLOAD, COMMAND_NOT_FOUND or OUTPUT_TOO_LARGE, which no retry
/// changes, or with EXIT_n or SIGNAL_n and the end of what it wrote to its standard error.
package struct ExecHandler: TaskHandler {
  package let kind = "exec"
  private let commands: [String: CommandTemplate]
  private let outputBytesMax: Int

  /// Below the grace that a cancelled task has.
  private static let killDelay = Duration.seconds(5)
  /// Of the standard error; a failure's message takes no more.
  private static let errorBytesMax = 4_096
  private static let example = "{\"command\": \"NAME\", \"arguments\": {\"size\": \"200\"}}"

  private struct Payload: Decodable {
    var command: String
    var arguments: [String: String]?
    var stdin: String?
  }

  /// What a command wrote, as far as it is kept.
  private struct Output: Sendable {
    var result: [UInt8]
    var isTooLarge: Bool
    var lastErrors: [UInt8]
  }

  package init(commands: [CommandTemplate], outputBytesMax: Int) {
    self.commands = Dictionary(commands.map { ($0.name, $0) }, uniquingKeysWith: { _, new in new })
    self.outputBytesMax = outputBytesMax
  }

  package func run(_ context: HandlerContext) async throws(HandlerFailure) -> HandlerResult {
    let payload = try JSONPayload.decode(
      Payload.self, from: context.payload, expected: Self.example)
    guard let command = commands[payload.command] else {
      throw HandlerFailure(
        code: "NOT_ALLOWED",
        message: "this server runs no command \(payload.command.prefixed(bytes: 63))",
        retryable: false)
    }
    let arguments = try command.filled(with: payload.arguments ?? [:])
    let outcome: ExecutionResult<Output, SequenceOutput, SequenceOutput>
    do {
      outcome = try await execute(
        command.program, arguments, input: Array((payload.stdin ?? "").utf8),
        environment: Self.environment(context))
    } catch {
      try context.checkCancellation()
      throw Self.failure(error, command)
    }
    try context.checkCancellation()
    return try result(of: outcome, command)
  }

  private func execute(
    _ program: String, _ arguments: [String], input: [UInt8],
    environment: [Environment.Key: String]
  ) async throws -> ExecutionResult<Output, SequenceOutput, SequenceOutput> {
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: Self.killDelay)
    ]
    let limit = outputBytesMax
    let group = ProcessGroup()
    // Only now: a command that is told to stop has its time for that.
    defer { group.kill() }
    return try await Subprocess.run(
      .path(FilePath(program)), arguments: Arguments(arguments),
      environment: .custom(environment), workingDirectory: "/", platformOptions: options,
      input: .array(input), output: .sequence, error: .sequence
    ) { execution in
      group.begins(with: execution.processIdentifier.value)
      async let errors = Self.end(of: execution.standardError)
      var result: [UInt8] = []
      var isTooLarge = false
      for try await piece in execution.standardOutput {
        piece.withUnsafeBytes { result.append(contentsOf: $0) }
        isTooLarge = result.count > limit
        if isTooLarge { break }
      }
      if isTooLarge { group.kill() }
      return Output(result: result, isTooLarge: isTooLarge, lastErrors: try await errors)
    }
  }

  private static func end(of errors: SubprocessOutputSequence) async throws -> [UInt8] {
    var last: [UInt8] = []
    for try await piece in errors {
      piece.withUnsafeBytes { last.append(contentsOf: $0) }
      if last.count > errorBytesMax { last.removeFirst(last.count - errorBytesMax) }
    }
    return last
  }

  private static func environment(_ context: HandlerContext) -> [Environment.Key: String] {
    [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
      "MARTLET_TASK_ID": context.taskID, "MARTLET_KIND": context.kind,
      "MARTLET_POOL": context.pool, "MARTLET_ATTEMPT": "\(context.attempt)",
    ]
  }

  // MARK: - What it came to

  private func result(
    of outcome: ExecutionResult<Output, SequenceOutput, SequenceOutput>,
    _ command: CommandTemplate
  ) throws(HandlerFailure) -> HandlerResult {
    let output = outcome.closureResult
    if output.isTooLarge {
      throw HandlerFailure(
        code: "OUTPUT_TOO_LARGE",
        message: "\(command.name) wrote more than \(outputBytesMax) bytes", retryable: false)
    }
    let code: String
    switch outcome.terminationStatus {
    case .exited(0): return HandlerResult(data: output.result)
    case .exited(let status): code = "EXIT_\(status)"
    case .signaled(let signal): code = "SIGNAL_\(signal)"
    }
    var said = String(decoding: output.lastErrors, as: UTF8.self)
    while said.last?.isWhitespace == true { said.removeLast() }
    throw HandlerFailure(
      code: code, message: said.isEmpty ? "\(command.name) ended with \(code)" : said,
      retryable: true)
  }

  private static func failure(_ error: any Error, _ command: CommandTemplate) -> HandlerFailure {
    if let error = error as? SubprocessError, error.code == .executableNotFound {
      return HandlerFailure(
        code: "COMMAND_NOT_FOUND", message: "there is no program \(command.program)",
        retryable: false)
    }
    return HandlerFailure(
      code: "COMMAND_FAILED", message: "\(command.name) could not be run: \(error)",
      retryable: true)
  }
}

/// The processes that a command has become, itself included.
private final class ProcessGroup: Sendable {
  private let leader = Atomic<pid_t>(0)

  func begins(with leader: pid_t) { self.leader.store(leader, ordering: .relaxed) }

  func kill() {
    let leader = leader.load(ordering: .relaxed)
    if leader > 0 { _ = Glibc.kill(-leader, SIGKILL) }
  }
}
