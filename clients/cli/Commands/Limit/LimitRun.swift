internal import ArgumentParser
internal import Foundation
internal import MartletClient
internal import Subprocess

struct PermitOptions: ParsableArguments {
  @Option(help: "Whose state.") var key: String = ""
  @Option(help: .init("How many.", valueName: "n")) var units: Int = 1

  @Option(help: .init("How long to wait for them, at most 24 h.", valueName: "duration"))
  var wait: DurationArgument?

  @Option(
    help: .init(
      "How long the holder may be silent, 1 s to 24 h (default 15s).", valueName: "duration"))
  var lease: DurationArgument?

  @Option(help: .init("Who is to hold them (a name of its own if unset).", valueName: "name"))
  var owner: String?
}

struct LimitRun: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Wait for permits, run a command while they are held, and give them back.",
    discussion: """
      Exits as the command did (128 and the signal's number if one ended it). The command finds the \
      fencing token in MARTLET_PERMIT_TOKEN. If the permits are lost, the command gets SIGTERM, and \
      SIGKILL 10 s later; the exit code is 4 then. It waits for 24 h unless --wait says otherwise.

      EXAMPLES
        martlet limit run gateway -- ./send.sh
        martlet limit run gateway --key acme --wait 0s -- ./send.sh
      """)

  @OptionGroup var argument: LimitArgument
  @OptionGroup var wanted: PermitOptions

  @Argument(
    parsing: .postTerminator, help: .init("The command, behind `--`.", valueName: "command"))
  var command: [String]

  @OptionGroup(title: "Global options") var global: GlobalOptions

  private static let grace = Duration.seconds(10)

  func validate() throws {
    if command.isEmpty { throw ValidationError("the command is missing: put it behind `--`") }
  }

  func run(in session: Session) async throws {
    let command = command
    let status = try await session.client.limits.withPermit(
      argument.limit, key: wanted.key, units: wanted.units, owner: wanted.owner,
      lease: wanted.lease?.duration ?? .seconds(15),
      wait: wanted.wait?.duration ?? LimitClient.waitMax
    ) { permits in
      try await Self.run(command, with: permits)
    }
    guard status != 0 else { return }
    await session.client.close()
    Foundation.exit(status)
  }

  private static func run(_ command: [String], with permits: API.Permits) async throws -> Int32 {
    var options = PlatformOptions()
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: grace)]
    let token: [Subprocess.Environment.Key: String?] = ["MARTLET_PERMIT_TOKEN": "\(permits.token)"]
    let result = try await Subprocess.run(
      .name(command[0]), arguments: Arguments(Array(command.dropFirst())),
      environment: .inherit.updating(token), platformOptions: options,
      input: .currentStandardInput, output: .currentStandardOutput,
      error: .currentStandardError
    ) { execution in
      let process = execution.processIdentifier
      // What ends this program is for the command; the permits are given back when that has ended.
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
