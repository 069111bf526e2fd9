internal import ArgumentParser
internal import MartletClient

struct TaskGet: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show one task, its payload and its result.",
    discussion: """
      EXAMPLES
        martlet task get @last
        martlet task get 1c7p4zq9d2k0m --output json | jq -r .state
        martlet task get @last --result > result.bin
      """)

  @OptionGroup var argument: TaskArgument

  @Flag(help: "Write the bytes of its result and nothing else.")
  var result = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let id = try session.lastTask.resolve(argument.task)
    let task = try await session.client.tasks.get(id).value
    guard result else { return session.show(task) }
    guard let content = task.result else {
      throw CommandFailure(
        .notFound,
        "task \(id) has no result, it is \(task.state.name): see `martlet task get \(id)`.")
    }
    session.surroundings.output.write(bytes: content.data)
  }
}
