internal import ArgumentParser
internal import MartletClient

struct InfoCommand: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Show the server's version, clocks, feed and limits.",
    discussion: """
      EXAMPLES
        martlet info
        martlet info --output json | jq -r .cursor
      """)

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let info = try await session.client.serverInfo()
    session.show(json: JSON(info), table: .serverInfo(info, target: session.client.target))
  }
}
