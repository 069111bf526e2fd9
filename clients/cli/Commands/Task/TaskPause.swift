internal import ArgumentParser
internal import MartletClient

struct TaskPause: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Take a task out until it is resumed.",
    discussion: """
      A waiting task is PAUSED at once; a running one is told to save what it has come to and is \
      PAUSED when it gives its slot back, at the latest after the grace time. Exit code 4 if it \
      has ended already.
      """)

  @OptionGroup var argument: TaskArgument
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let id = try session.lastTask.resolve(argument.task)
    session.show(try await session.client.tasks.pause(id, reason: why.reason).value)
  }
}
