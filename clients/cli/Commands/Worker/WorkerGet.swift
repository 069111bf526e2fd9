internal import ArgumentParser
internal import MartletClient

struct WorkerGet: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show one worker and the tasks that it runs.")

  @OptionGroup var argument: WorkerArgument
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(try await session.client.workers.get(argument.worker))
  }
}
