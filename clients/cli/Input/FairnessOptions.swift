internal import ArgumentParser
internal import MartletClient

/// For whom a task runs.
struct FairnessOptions: ParsableArguments {
  @Option(
    help: .init(
      "For whom it runs: the pool's slots are shared among the keys of its tasks.",
      valueName: "key"))
  var fairnessKey: String?

  @Option(
    help: .init(
      "How large a share the key is due, 1 to 1,000 (1 if unset).", valueName: "n"))
  var fairnessWeight: Int32?
}

/// What goes first where the tasks of a pool have fairness keys.
enum FairnessArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  case priorityFirst = "priority-first"
  case shareFirst = "share-first"
  case off

  var fairness: API.PoolFairness {
    switch self {
    case .priorityFirst: .priorityFirst
    case .shareFirst: .shareFirst
    case .off: .off
    }
  }
}
