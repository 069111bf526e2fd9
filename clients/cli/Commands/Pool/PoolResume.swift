internal import ArgumentParser
internal import MartletClient

struct PoolResume: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Let a paused or drained pool work again.",
    discussion: "Undoes `pause`, and `drain` even after the pool has closed.")

  @OptionGroup var argument: PoolArgument
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(
      try await session.client.pools.resume(argument.pool, reason: why.reason).value)
  }
}
