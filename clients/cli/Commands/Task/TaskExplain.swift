internal import ArgumentParser
internal import MartletClient

struct TaskExplain: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say why a task does not run, and what would help.",
    discussion: """
      All that must go away before it runs, what is in the way first in front. Of a task that runs or
      has ended: what it does.

      EXAMPLES
        martlet task explain @last
        martlet task explain 1c7p4zq9d2k0m --output json | jq -r '.causes[].type'
      """)

  @OptionGroup var argument: TaskArgument

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let id = try session.lastTask.resolve(argument.task)
    let explanation = try await session.client.tasks.explain(id)
    session.show(json: JSON(explanation), table: .causes(explanation.causes))
  }
}
