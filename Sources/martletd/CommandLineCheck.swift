/// Finds what swift-configuration would pass over: flags that do not exist, words without a flag.
enum CommandLineCheck {
  enum Action: Equatable {
    case serve
    case help
    case version
    case printConfig
  }

  static func action(_ arguments: [String]) throws -> Action {
    var action = Action.serve
    let known = Dictionary(
      uniqueKeysWithValues: (Settings.all.map { ($0.name, $0.takesValue) }) + [("config", true)])
    let lists = Set(Settings.all.filter(\.isList).map(\.name))
    var seen: Set<String> = []
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      switch argument {
      case "--help", "-h": return .help
      case "--version": return .version
      case "--print-config":
        action = .printConfig
        continue
      default: break
      }
      guard argument.hasPrefix("--") else {
        throw Settings.Problem(
          description: "\"\(argument)\" is not understood: martletd takes flags only, see --help")
      }
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1)
      let name = String(parts.first ?? "")
      guard let takesValue = known[name] else {
        let nearest = Spelling.nearest(to: name, among: known.keys.sorted())
        throw Settings.Problem(
          description: "there is no flag --\(name): "
            + (nearest.map { "is --\($0) meant? See --help" } ?? "see --help"))
      }
      if !seen.insert(name).inserted && !lists.contains(name) {
        throw Settings.Problem(description: "--\(name) is there twice: say it once")
      }
      guard takesValue, parts.count == 1 else { continue }
      guard index < arguments.count, !arguments[index].hasPrefix("--") else {
        throw Settings.Problem(description: "--\(name) needs a value")
      }
      index += 1
    }
    return action
  }
}
