internal import ArgumentParser
internal import MartletClient

struct TaskCount: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "count", abstract: "Count tasks by pool, state and kind, exactly.",
    discussion: """
      EXAMPLES
        martlet task count
        martlet task count --pool mails --state failed --output json | jq .total
      """)

  @OptionGroup var selection: TaskSelection
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let counts = try await session.client.tasks.count(filter: selection.filter)
    session.show(json: JSON(counts), table: .counts(counts))
  }
}
