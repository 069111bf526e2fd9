internal import ArgumentParser

struct VersionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Write this program's version.",
    discussion: "The server's version is in `martlet info`.")

  @Option(name: [.long, .customShort("o")], help: "How to write it: table or json.")
  var output: GlobalOptions.OutputFormat = .table

  func run() async throws {
    let json = JSON.object([JSON.Field("version", .string(Martlet.version))]).text
    Surroundings.current.output.write((output == .json ? json : Martlet.version) + "\n")
  }
}
