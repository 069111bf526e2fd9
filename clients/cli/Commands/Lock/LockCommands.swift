internal import ArgumentParser
internal import MartletClient

struct LockCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock",
    abstract: "Named locks: run a command under one, see who holds what.",
    discussion: """
      EXAMPLES
        martlet lock run nightly -- ./report.sh
        martlet lock list --prefix night
        martlet lock break nightly --reason 'its machine is gone'
      """,
    subcommands: [LockRun.self, LockGet.self, LockList.self, LockBreak.self])
}

struct LockArgument: ParsableArguments {
  @Argument(help: "The lock's name.") var lock: String
}

struct LockGet: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show who holds a lock, and how many wait for it.")

  @OptionGroup var argument: LockArgument
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(try await session.client.locks.get(argument.lock).value)
  }
}

struct LockList: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the locks that are held, by name.")

  @Option(help: .init("Only names that begin so.", valueName: "text")) var prefix: String = ""
  @Option(help: "Only those that this owner holds.") var owner: String = ""
  @Option(help: .init("At most so many.", valueName: "n")) var limit: Int = 50
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if !(1...100_000).contains(limit) { throw ValidationError("--limit has to be 1 to 100,000") }
  }

  func run(in session: Session) async throws {
    var locks: [API.Lock] = []
    var token = ""
    repeat {
      let page = try await session.client.locks.list(
        namePrefix: prefix, owner: owner, pageSize: min(limit - locks.count, 1_000),
        pageToken: token)
      locks += page.locks
      token = page.nextPageToken
    } while !token.isEmpty && locks.count < limit
    switch session.format {
    case .json: for lock in locks { session.print(JSON(lock)) }
    case .table:
      if locks.isEmpty { return session.remark("No lock like that is held.") }
      session.print(.locks(locks))
      if !token.isEmpty { session.remark("There are more: see them with --limit.") }
    }
  }
}

struct LockBreak: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "break", abstract: "Take a lock from its holder; shows it as it was.",
    discussion: "The holder is not asked: see to it that it does no harm, or fence it by its token."
  )

  @OptionGroup var argument: LockArgument

  @Option(help: .init("Break that grant only (whoever holds it if unset).", valueName: "n"))
  var token: UInt64 = 0

  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(
      try await session.client.locks.breakLock(
        argument.lock, token: token, reason: why.reason
      ).value)
  }
}
