internal import ArgumentParser
internal import MartletClient

struct WorkerDrain: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Give a worker nothing more; it finishes what it has.",
    discussion: "For good: it takes tasks again when its process connects anew.")

  @OptionGroup var argument: WorkerArgument
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(try await session.client.workers.drain(argument.worker))
  }
}
