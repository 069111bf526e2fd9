internal import ArgumentParser
internal import MartletClient

struct TaskCancel: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Cancel a task.",
    discussion: """
      A waiting task is CANCELLED at once; a running one is asked to stop, and CANCELLED when its \
      handler returns or after the grace time. Exit code 4 if it has ended already.
      """)

  @OptionGroup var argument: TaskArgument
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let id = try session.lastTask.resolve(argument.task)
    session.show(try await session.client.tasks.cancel(id, reason: why.reason).value)
  }
}
