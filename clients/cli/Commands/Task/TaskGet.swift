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
    guard result else {
      session.show(task)
      return await showCauses(of: task, in: session)
    }
    guard let content = task.result else {
      throw CommandFailure(
        .notFound,
        "task \(id) has no result, it is \(task.state.name): see `martlet task get \(id)`.")
    }
    session.surroundings.output.write(bytes: content.data)
  }

  /// For people, if more than the one cause that is shown with the task keeps it waiting.
  private func showCauses(of task: API.Task, in session: Session) async {
    guard session.format == .table, !task.waitingFor.isEmpty,
      let causes = try? await session.client.tasks.explain(task.id).causes, causes.count > 1
    else { return }
    session.print("")
    session.print(Table.causes(causes))
  }
}
