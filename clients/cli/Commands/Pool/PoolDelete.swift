internal import ArgumentParser
internal import MartletClient

struct PoolDelete: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a pool.",
    discussion: """
      Refused while the pool has unfinished tasks. With --force they are cancelled, and the pool \
      is DELETING until the last one has ended.
      """)

  @OptionGroup var argument: PoolArgument

  @Flag(help: "Cancel what is left.")
  var force = false

  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(
      try await session.client.pools.delete(argument.pool, force: force, reason: why.reason).value)
  }
}
