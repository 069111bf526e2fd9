internal import ArgumentParser
internal import MartletClient

/// The options that every command has.
struct GlobalOptions: ParsableArguments {
  @Option(
    help: .init(
      "Address of the server (env MARTLET_SERVER; default 127.0.0.1:7411).",
      valueName: "host:port|unix:path"))
  var server: String?

  @Option(name: [.long, .customShort("o")], help: "How to write results: table or json.")
  var output: OutputFormat = .table

  @Option(
    help: .init(
      "Longest time that the command may take, for example 30s; exit code 6 after it.",
      valueName: "duration"))
  var timeout: DurationArgument?

  @Option(
    help: .init(
      "Who does this: kept with tasks and events (env MARTLET_ACTOR).", valueName: "name"))
  var actor: String?

  enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  /// The address that an option, or else the environment, gives.
  static func target(_ server: String?, in surroundings: Surroundings) -> String {
    server ?? surroundings.environment["MARTLET_SERVER"].flatMap { $0.isEmpty ? nil : $0 }
      ?? MartletClient.defaultTarget
  }

  /// Options that stand before the command are allowed: they are moved to its end, but not behind
  /// a `--`.
  static func movedBehindCommand(_ arguments: [String]) -> [String] {
    let names: Set = ["--server", "--output", "-o", "--timeout", "--actor"]
    var moved: [String] = []
    var rest = arguments[...]
    while let first = rest.first {
      if names.contains(first), rest.count > 1 {
        moved += rest.prefix(2)
        rest = rest.dropFirst(2)
      } else if names.contains(where: { $0.hasPrefix("--") && first.hasPrefix("\($0)=") }) {
        moved.append(first)
        rest = rest.dropFirst()
      } else {
        break
      }
    }
    let end = rest.firstIndex(of: "--") ?? rest.endIndex
    return Array(rest[..<end]) + moved + Array(rest[end...])
  }
}
