internal import ArgumentParser
internal import MartletClient

struct PingCommand: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "ping", abstract: "Ask whether the server serves.",
    discussion: """
      EXAMPLES
        martlet ping
        martlet ping --wait 30s && martlet task submit mails echo

      Exit code 0 if it serves, 5 if it cannot be reached or does not serve.
      """)

  @Option(help: .init("Go on asking for so long until it serves.", valueName: "duration"))
  var wait: DurationArgument?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let took =
      if let wait {
        try await session.client.waitUntilServing(atMost: wait.duration)
      } else { try await session.client.ping() }
    let milliseconds = took.seconds * 1e3
    switch session.format {
    case .json:
      session.print(
        .object([
          JSON.Field("target", .string(session.client.target)),
          JSON.Field("serving", .bool(true)), JSON.Field("milliseconds", .number(milliseconds)),
        ]))
    case .table:
      session.print("\(session.client.target) serves (\(milliseconds.text(digits: 2)) ms)")
    }
  }
}
