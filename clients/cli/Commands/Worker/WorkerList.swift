internal import ArgumentParser
internal import MartletClient

struct WorkerList: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the workers that are connected or hold leases.",
    discussion: "With --output json: one object on a line for each worker.")

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let workers = try await session.client.workers.list()
    switch session.format {
    case .json: for worker in workers { session.print(JSON(worker)) }
    case .table:
      if workers.isEmpty {
        session.remark("No worker is connected: tasks run on the server's own handlers.")
      } else {
        session.print(.workers(workers))
      }
    }
  }
}
