internal import ArgumentParser
internal import Foundation
internal import MartletClient
internal import Subprocess

struct LockRun: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Wait for a lock, run a command while it is held, and release it.",
    discussion: """
      Exits as the command did (128 and the signal's number if one ended it). The command finds the \
      fencing token in MARTLET_LOCK_TOKEN. If the lock is lost, the command gets SIGTERM, and \
      SIGKILL 10 s later; the exit code is 4 then.

      EXAMPLES
        martlet lock run nightly -- ./report.sh
        martlet lock run nightly --wait 0s -- ./report.sh   # or not at all
      """)

  @OptionGroup var argument: LockArgument

  @Option(
    help: .init("How long to wait for it, at most 24 h (the default).", valueName: "duration"))
  var wait: DurationArgument?

  @Option(
    help: .init(
      "How long the holder may be silent, 1 s to 24 h (default 15s).", valueName: "duration"))
  var lease: DurationArgument?

  @Option(
    help: .init(
      "Who is to hold it (a name of its own if unset). Who holds it already counts once more.",
      valueName: "name"))
  var owner: String?

  @Argument(
    parsing: .postTerminator, help: .init("The command, behind `--`.", valueName: "command"))
  var command: [String]

  @OptionGroup(title: "Global options") var global: GlobalOptions

  private static let grace = Duration.seconds(10)

  func validate() throws {
    if command.isEmpty { throw ValidationError("the command is missing: put it behind `--`") }
  }

  func run(in session: Session) async throws {
    let (name, command) = (argument.lock, command)
    let status = try await session.client.locks.withLock(
      name, owner: owner, lease: lease?.duration ?? .seconds(15),
      wait: wait?.duration ?? LockClient.waitMax
    ) { lock in
      try await Self.run(command, under: lock)
    }
    guard status != 0 else { return }
    await session.client.close()
    Foundation.exit(status)
  }

  private static func run(_ command: [String], under lock: API.Lock) async throws -> Int32 {
    var options = PlatformOptions()
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: grace)]
    let token: [Subprocess.Environment.Key: String?] = ["MARTLET_LOCK_TOKEN": "\(lock.token)"]
    let result = try await Subprocess.run(
      .name(command[0]), arguments: Arguments(Array(command.dropFirst())),
      environment: .inherit.updating(token), platformOptions: options,
      input: .currentStandardInput, output: .currentStandardOutput,
      error: .currentStandardError
    ) { execution in
      let process = execution.processIdentifier
      // What ends this program is for the command; the lock is released when that has ended.
      let interruption = Interruption { kill(process.value, SIGTERM) }
      await ProgramGroup.waitForEnd(process.processDescriptor)
      interruption.end()
    }
    try Task.checkCancellation()
    switch result.terminationStatus {
    case .exited(let code): return code
    case .signaled(let signal): return 128 + signal
    }
  }
}
