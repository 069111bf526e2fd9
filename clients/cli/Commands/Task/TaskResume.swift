internal import ArgumentParser
internal import MartletClient

struct TaskResume: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Let a PAUSED task go on.",
    discussion: """
      It waits for a slot again, or for its time if that is still to come, and goes on from its \
      newest checkpoint. Exit code 4 if it is not PAUSED.
      """)

  @OptionGroup var argument: TaskArgument
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let id = try session.lastTask.resolve(argument.task)
    session.show(try await session.client.tasks.resume(id, reason: why.reason).value)
  }
}
