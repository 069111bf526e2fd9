internal import Foundation
internal import MartletWorker
internal import Subprocess

/// Makes attempts by running a program: payload in, result out, exit code decides.
struct ProgramHandler: Sendable {
  let program: ProgramLine
  let grace: Duration

  private static let contentBytesMax = 1 << 20

  func run(_ context: TaskContext) async throws -> TaskContent {
    let folder = try ProgramFolder(checkpoint: context.checkpoint)
    defer { folder.remove() }
    let leash = try ProgramLeash(in: folder.path)
    let channel = try ProgressChannel(in: folder.path)
    defer { channel.close() }
    let group = ProgramGroup(grace: grace)
    let listener = Task { await listen(to: channel, folder, context) }
    let run = ProgramRun(
      program: program, input: context.payload, environment: environment(context, folder),
      channel: channel, leash: leash, group: group, outputBytesMax: Self.contentBytesMax)
    // Not cancelled with the handler: what the program says while it stops counts.
    let running = Task { try await run.outcome() }
    let result = await withTaskCancellationHandler {
      await running.result
    } onCancel: {
      group.stop()
    }
    channel.close()
    let wishes = await listener.value
    let outcome = try result.get()
    guard outcome.status != .exited(0) else {
      return TaskContent(outcome.output, contentType: wishes.contentType)
    }
    if let saved = folder.takeNewCheckpoint() { try? await context.saveCheckpoint(saved) }
    if outcome.output.count > Self.contentBytesMax {
      throw TaskFailure(
        code: "RESULT_TOO_LARGE", message: "the program wrote more than 1 MiB",
        isRetryable: false)
    }
    if context.stop != nil { throw CancellationError() }
    if let delay = wishes.snooze { throw TaskSnooze(for: delay) }
    throw TaskFailure(outcome, wishes)
  }

  /// What the program said of its end before it.
  fileprivate struct Wishes {
    /// Of the result.
    var contentType = ""
    var snooze: Duration?
    var retryDelay: Duration?
    var failureClass = ""
    var isRetryable = true
  }

  private func environment(
    _ context: TaskContext, _ folder: ProgramFolder
  ) -> [String: String] {
    [
      "MARTLET_TASK_ID": context.taskID, "MARTLET_KIND": context.kind,
      "MARTLET_POOL": context.pool, "MARTLET_ATTEMPT": "\(context.attempt)",
      "MARTLET_CONTENT_TYPE": context.contentType,
      "MARTLET_CHECKPOINT_FILE": folder.checkpointFile,
      "MARTLET_PROGRESS_FD": "\(ProgressChannel.descriptorNumber)",
    ]
  }

  /// Until the channel is closed.
  private func listen(
    to channel: ProgressChannel, _ folder: ProgramFolder, _ context: TaskContext
  ) async -> Wishes {
    var wishes = Wishes()
    for await line in channel.lines {
      switch ProgressWord(line) {
      case .progress(let percent, let step): context.reportProgress(percent: percent, step: step)
      case .log(let text): context.log(text)
      case .contentType(let type): wishes.contentType = type
      case .failureClass(let name): wishes.failureClass = name
      case .retryDelay(let delay): wishes.retryDelay = delay
      case .noRetry: wishes.isRetryable = false
      case .snooze(let delay): wishes.snooze = delay
      case .checkpoint:
        guard let content = folder.takeNewCheckpoint() else { continue }
        do {
          try await context.saveCheckpoint(content)
        } catch {
          context.log("the checkpoint was not saved: \(error)", level: .warning)
        }
      }
    }
    return wishes
  }
}

extension TaskFailure {
  fileprivate init(_ outcome: ProgramRun.Outcome, _ wishes: ProgramHandler.Wishes) {
    let (code, words) =
      switch outcome.status {
      case .exited(let code): ("EXIT_\(code)", "the program ended with exit code \(code)")
      case .signaled(let signal):
        ("SIGNAL_\(SignalName(signal))", "the program was ended by SIG\(SignalName(signal))")
      }
    self.init(
      code: code, message: outcome.errors.isEmpty ? words : outcome.errors,
      isRetryable: wishes.isRetryable, retryDelay: wishes.retryDelay,
      failureClass: wishes.failureClass)
  }
}

/// A signal by its name without `SIG`.
struct SignalName: CustomStringConvertible {
  let description: String

  private static let names: [Int32: String] = [
    SIGHUP: "HUP", SIGINT: "INT", SIGQUIT: "QUIT", SIGILL: "ILL", SIGTRAP: "TRAP",
    SIGABRT: "ABRT", SIGBUS: "BUS", SIGFPE: "FPE", SIGKILL: "KILL", SIGUSR1: "USR1",
    SIGSEGV: "SEGV", SIGUSR2: "USR2", SIGPIPE: "PIPE", SIGALRM: "ALRM", SIGTERM: "TERM",
    SIGXCPU: "XCPU", SIGXFSZ: "XFSZ", SIGSYS: "SYS",
  ]

  init(_ signal: Int32) { description = Self.names[signal] ?? "\(signal)" }
}
