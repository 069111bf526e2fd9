internal import ArgumentParser
internal import MartletClient

struct BulkCancel: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Cancel tasks that have not ended.")

  @OptionGroup var options: BulkOptions
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    try await options.run(.cancel(.init(reason: options.why.reason)), in: session)
  }
}

struct BulkRetry: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Reopen FAILED and CANCELLED tasks.")

  @OptionGroup var options: BulkOptions
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    try await options.run(.retry(.init()), in: session)
  }
}

struct BulkDelete: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Forget finished tasks, with their results.")

  @OptionGroup var options: BulkOptions
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    try await options.run(.delete(.init()), in: session)
  }
}

struct BulkUpdate: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Change priority or due time of waiting tasks.",
    discussion: """
      EXAMPLES
        martlet bulk update --pool mails --set-priority 9
        martlet bulk update --filter 'labels.customer = 42' --due 2h
      """)

  @Option(help: .init("0 to 10, 10 first.", valueName: "n"))
  var setPriority: Int32?

  @Option(
    help: .init("Wait until then: a time (RFC 3339) or a span from now.", valueName: "time|span"))
  var due: TimeArgument?

  @OptionGroup var options: BulkOptions
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if setPriority == nil, due == nil {
      throw ValidationError("nothing to change was given, for example --set-priority 8")
    }
  }

  func run(in session: Session) async throws {
    let update = API.BulkAction.Update(
      priority: setPriority, dueTime: due?.timestamp(now: session.surroundings.now()))
    try await options.run(.update(update), in: session)
  }
}

struct BulkMove: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "move", abstract: "Move waiting tasks to another pool.",
    discussion: """
      EXAMPLES
        martlet bulk move urgent --filter 'pool = mails AND priority = 10'
      """)

  @Argument(help: "The pool to move to.", completion: Completions.pools)
  var target: String

  @OptionGroup var options: BulkOptions
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    try await options.run(.move(.init(pool: target)), in: session)
  }
}

struct BulkList: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List operations, newest first.")

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let operations = try await session.client.bulks.list()
    switch session.format {
    case .json: for operation in operations { session.print(JSON(operation)) }
    case .table:
      if operations.isEmpty { return session.remark("There are no operations.") }
      session.print(.bulks(operations))
    }
  }
}

struct BulkGet: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show an operation.")

  @Argument(help: "The operation's id.") var operation: String
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(try await session.client.bulks.get(operation).value)
  }
}

struct BulkStop: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "End an operation where it is.")

  @Argument(help: "The operation's id.") var operation: String
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(try await session.client.bulks.stop(operation, reason: why.reason).value)
  }
}
