internal import ArgumentParser
internal import MartletClient

struct TaskTraceCommand: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Show what a task went through, and how long it took.",
    discussion: """
      Each line is a stretch of its life: the wait for its time, for a slot, each attempt, with who
      made it and what came of it. The last line sums up.

      EXAMPLES
        martlet task trace @last
        martlet task trace 1c7p4zq9d2k0m --output json | jq -r .totals.queue_wait
      """)

  @OptionGroup var argument: TaskArgument

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let id = try session.lastTask.resolve(argument.task)
    let trace = try await session.client.tasks.trace(id).value
    session.show(json: JSON(trace), table: .trace(trace))
    if session.format == .table, let totals = trace.totals { session.print(totals.text) }
  }
}
