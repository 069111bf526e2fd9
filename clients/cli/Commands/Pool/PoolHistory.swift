internal import ArgumentParser
internal import MartletClient

struct PoolHistory: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show what was done with a pool: who, when, why, and what changed.",
    discussion: """
      Newest first. With --output json: one object on a line for each change, with the pool before \
      and after it.
      """)

  @OptionGroup var argument: PoolArgument

  @Option(help: .init("How many changes, 1 to 1,000.", valueName: "n"))
  var limit = 50

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if !(1...1_000).contains(limit) { throw ValidationError("--limit has to be 1 to 1,000") }
  }

  func run(in session: Session) async throws {
    let (revisions, next) = try await session.client.pools.history(
      of: argument.pool, pageSize: limit)
    switch session.format {
    case .json: for revision in revisions { session.print(JSON(revision)) }
    case .table:
      if revisions.isEmpty { return session.remark("Nothing is kept of its history.") }
      session.print(.history(revisions))
      if !next.isEmpty { session.remark("There are more: see them with --limit.") }
    }
  }
}

struct PoolRollback: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Make a pool's settings what they were at a revision.",
    discussion: """
      The revisions are those of `martlet pool history`. A change like any other: it is checked, \
      and can itself be rolled back. Whether the pool is paused or drained stays as it is.

      EXAMPLE
        martlet pool rollback mails 41 --reason "the new limits were too tight"
      """)

  @OptionGroup var argument: PoolArgument

  @Argument(help: "The revision.")
  var revision: UInt64

  @Option(help: .init("Do it only if the pool is still as it was read.", valueName: "etag"))
  var etag: String = ""

  @Flag(help: "Check everything, change nothing.")
  var validateOnly = false

  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let pool = try await session.client.pools.rollback(
      argument.pool, to: revision, reason: why.reason, etag: etag, validateOnly: validateOnly)
    session.show(pool.value)
  }
}
