internal import ArgumentParser
internal import MartletClient

struct PoolList: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List all pools.",
    discussion: "With --output json: one object on a line for each pool.")

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let pools = try await session.client.pools.list()
    switch session.format {
    case .json: for pool in pools { session.print(JSON(pool)) }
    case .table:
      if pools.isEmpty {
        session.remark("There are no pools yet: create one with `martlet pool create`.")
      } else {
        session.print(.pools(pools))
      }
    }
  }
}
