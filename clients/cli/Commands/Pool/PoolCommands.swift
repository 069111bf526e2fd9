internal import ArgumentParser
internal import MartletClient

struct PoolCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pool",
    abstract: "Create, look at, explain, change, pause, drain and delete pools.",
    subcommands: [
      PoolCreate.self, PoolList.self, PoolGet.self, PoolUpdate.self, PoolPause.self,
      PoolResume.self, PoolDrain.self, PoolDelete.self, PoolExplain.self, PoolHistory.self,
      PoolRollback.self,
    ])
}

/// The pool that a command is about.
struct PoolArgument: ParsableArguments {
  @Argument(help: "The pool's name.", completion: Completions.pools)
  var pool: String
}

/// Why, for people.
struct ReasonOption: ParsableArguments {
  @Option(help: .init("Why; kept in the event.", valueName: "text"))
  var reason: String = ""
}

extension Session {
  func show(_ pool: API.Pool) { show(json: JSON(pool), table: .pool(pool)) }
}
