internal import ArgumentParser
internal import MartletClient

struct PoolPause: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Start no more of a pool's tasks.",
    discussion:
      "The pool goes on accepting tasks, and running ones finish. Undo it with `martlet pool resume`."
  )

  @OptionGroup var argument: PoolArgument
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(
      try await session.client.pools.pause(argument.pool, reason: why.reason).value)
  }
}
