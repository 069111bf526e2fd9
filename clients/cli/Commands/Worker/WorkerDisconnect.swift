internal import ArgumentParser
internal import MartletClient

struct WorkerDisconnect: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "disconnect",
    abstract: "End a worker's stream.",
    discussion: """
      Its leases hold until they end, in seconds; then their tasks go to other workers. The worker \
      may come back: drain it first if it should not get tasks.
      """)

  @OptionGroup var argument: WorkerArgument
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    try await session.client.workers.disconnect(argument.worker)
    session.remark("Ended the stream of \(argument.worker).")
  }
}
