internal import ArgumentParser
internal import MartletClient

struct TaskRetry: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Run a FAILED or CANCELLED task again.",
    discussion: "It keeps its id and story, and gets a fresh budget of attempts.")

  @OptionGroup var argument: TaskArgument
  @OptionGroup var why: ReasonOption

  @Flag(help: "Wait until the task has ended, and show it.")
  var wait = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let id = try session.lastTask.resolve(argument.task)
    let task = try await session.client.tasks.retry(id, reason: why.reason).value
    guard wait else { return session.show(task) }
    let ended = try await TaskFollower(session: session).end(of: id)
    try session.showEnd(of: ended, resultOnly: false)
  }
}
