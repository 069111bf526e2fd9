internal import ArgumentParser
internal import MartletClient

struct PoolDrain: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Finish a pool's tasks and accept no new ones.",
    discussion:
      "When the last task has ended the pool is CLOSED. Undo it with `martlet pool resume`.")

  @OptionGroup var argument: PoolArgument
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(
      try await session.client.pools.drain(argument.pool, reason: why.reason).value)
  }
}
