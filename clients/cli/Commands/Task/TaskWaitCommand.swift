internal import ArgumentParser
internal import MartletClient

struct TaskWaitCommand: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait until tasks have ended.",
    discussion: """
      Waits also through restarts of the server. One task is shown as it ended; of several, a line \
      each as they end. Exit code 1 if one of them failed or was cancelled.

      EXAMPLES
        martlet task wait @last
        martlet task wait @last --result
        martlet task wait 1c7p4zq9d2k0m 1c7p4zq9d2k0n --any --timeout 5m
      """)

  @Argument(
    help: "Ids of up to 10,000 tasks, or @last.", completion: Completions.tasks)
  var tasks: [String]

  @Flag(help: "End when one of them has ended.")
  var any = false

  @Flag(help: "Of one task: write the bytes of its result and nothing else.")
  var result = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if result, tasks.count > 1 { throw ValidationError("--result is only of use with one task") }
  }

  func run(in session: Session) async throws {
    let ids = try tasks.map(session.lastTask.resolve)
    if ids.count == 1, let id = ids.first {
      let ended = try await TaskFollower(session: session).end(of: id)
      return try session.showEnd(of: ended, resultOnly: result)
    }
    let outcome = try await TasksFollower(session: session).end(of: ids, mode: any ? .any : .all)
    if let unknown = outcome.unknownIDs.first {
      throw CommandFailure(
        .notFound,
        "\(outcome.unknownIDs.count) of the tasks are not known, such as \(unknown): "
          + "check the ids, finished tasks are kept only for a time.")
    }
    if outcome.unsuccessful > 0 { throw ExitStatus.taskFailed }
  }
}
