import Foundation
import Logging
import MartletCore
import MartletRPC
import MartletServer
import MartletStore
import MartletStoreSQLite

/// The server's process: settings, store, services, signals. No logic.
@main
enum Martletd {
  static func main() async {
    do {
      try await run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      FileHandle.standardError.write(Data("martletd: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run(_ arguments: [String]) async throws {
    switch try CommandLineCheck.action(arguments) {
    case .help: write(Help.text)
    case .version: write("martletd \(ServerVersion.text)\n")
    case .printConfig:
      write(Help.yaml(try await settings(arguments)) + "\n")
    case .serve:
      let settings = try await settings(arguments)
      let isClean = try await Server(settings).serve()
      exit(isClean ? 0 : 1)
    }
  }

  private static func settings(_ arguments: [String]) async throws -> Settings {
    try await Settings.load(
      arguments: ["martletd"] + arguments, environment: ProcessInfo.processInfo.environment)
  }

  private static func write(_ text: String) {
    FileHandle.standardOutput.write(Data(text.utf8))
  }
}
