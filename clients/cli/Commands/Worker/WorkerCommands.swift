internal import ArgumentParser
internal import MartletClient

struct WorkerCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "See, drain and disconnect the workers of a server.",
    subcommands: [
      WorkerList.self, WorkerGet.self, WorkerDrain.self, WorkerDisconnect.self,
    ])
}

/// The worker that a command is about.
struct WorkerArgument: ParsableArguments {
  @Argument(help: "The worker's id, as `martlet worker list` shows it.")
  var worker: String
}

extension Session {
  func show(_ worker: API.Worker) { show(json: JSON(worker), table: .worker(worker)) }
}
