internal import ArgumentParser
internal import MartletClient

struct PoolGet: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show one pool, its slots and its queue.")

  @OptionGroup var argument: PoolArgument
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(try await session.client.pools.get(argument.pool).value)
  }
}
