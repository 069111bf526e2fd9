internal import ArgumentParser
internal import MartletClient

struct DemoCommand: MartletCommand {
  static let configuration = CommandConfiguration(commandName: "demo", abstract: "Later.")
  @OptionGroup(title: "Global options") var global: GlobalOptions
  func run(in session: Session) async throws {}
}
