internal import ArgumentParser
internal import MartletClient

struct GroupCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "group",
    abstract: "Groups of pools that share a budget of slots, and lend what they do not use.",
    subcommands: [
      GroupCreate.self, GroupList.self, GroupGet.self, GroupUpdate.self, GroupDelete.self,
    ])
}

/// The group that a command is about.
struct GroupArgument: ParsableArguments {
  @Argument(help: "The group's name.", completion: Completions.groups)
  var group: String
}

struct GroupCreate: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Create a group.",
    discussion: """
      A pool is in it by `martlet pool create --group` or `pool update --group`.

      EXAMPLE
        martlet group create batch --budget 40
        martlet pool create thumbs --slots 32 --group batch --group-minimum 8
      """)

  @Argument(help: "Its name: a small letter, then up to 62 small letters, digits and hyphens.")
  var name: String

  @Option(
    help: .init("Slots that its pools use together at most, 1 to 1,000,000.", valueName: "n"))
  var budget: Int

  @Option(
    name: [.long, .customShort("l")],
    help: .init("A label of the group; may be repeated.", valueName: "key=value"))
  var label: [LabelArgument] = []

  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(
      try await session.client.groups.create(
        name, budget: budget, labels: label.dictionary, reason: why.reason
      ).value)
  }
}

struct GroupList: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List all groups.",
    discussion: "With --output json: one object on a line for each group.")

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let groups = try await session.client.groups.list()
    switch session.format {
    case .json: for group in groups { session.print(JSON(group)) }
    case .table:
      if groups.isEmpty {
        session.remark("There are no groups: create one with `martlet group create`.")
      } else {
        session.print(.groups(groups))
      }
    }
  }
}

struct GroupGet: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "get",
    abstract: "Show one group, and what each of its pools uses, is owed, lends and borrows.")

  @OptionGroup var argument: GroupArgument
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(try await session.client.groups.get(argument.group).value)
  }
}

struct GroupUpdate: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Change a group while it works.",
    discussion: """
      Changes what is given. A larger budget starts more tasks at once; a smaller one lets running \
      ones finish, and is refused below what its pools are guaranteed. --label replaces all labels.
      """)

  @OptionGroup var argument: GroupArgument

  @Option(
    help: .init("Slots that its pools use together at most, 1 to 1,000,000.", valueName: "n"))
  var budget: Int?

  @Option(
    name: [.long, .customShort("l")],
    help: .init("A label of the group; may be repeated.", valueName: "key=value"))
  var label: [LabelArgument] = []

  @Option(help: .init("Change it only if it is still as it was read.", valueName: "etag"))
  var etag: String = ""

  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if budget == nil, label.isEmpty {
      throw ValidationError("nothing to change was given, for example --budget 8")
    }
  }

  func run(in session: Session) async throws {
    session.show(
      try await session.client.groups.update(
        argument.group, budget: budget, labels: label.isEmpty ? nil : label.dictionary,
        etag: etag, reason: why.reason
      ).value)
  }
}

struct GroupDelete: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a group that has no pools.")

  @OptionGroup var argument: GroupArgument
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(
      try await session.client.groups.delete(argument.group, reason: why.reason).value)
  }
}

extension Session {
  /// The group and its pools, or all of it as JSON.
  fileprivate func show(_ group: API.Group) {
    guard format == .table else { return self.print(JSON(group)) }
    self.print(.group(group))
    if let pools = group.status?.pools, !pools.isEmpty { self.print(.members(pools)) }
  }
}
