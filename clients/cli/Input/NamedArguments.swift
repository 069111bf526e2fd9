internal import ArgumentParser
internal import MartletClient

/// A task's state by its name, in capitals or not.
struct TaskStateArgument: ExpressibleByArgument, Equatable, Sendable {
  var state: API.TaskState

  init?(argument: String) {
    let name = argument.uppercased()
    guard let state = Self.states.first(where: { $0.name == name }) else { return nil }
    self.state = state
  }

  private static let states = API.TaskState.allCases.filter { $0 != .unspecified }

  static var allValueStrings: [String] { states.map { $0.name.lowercased() } }
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

/// An event's type by its name: `TASK_STARTED`, `task-started`; of a task also just `started`.
struct EventTypeArgument: ExpressibleByArgument, Equatable, Sendable {
  var type: API.EventType

  init?(argument: String) {
    let name = argument.uppercased().replacing("-", with: "_")
    let type = Self.types.first { $0.name == name || $0.name == "TASK_\(name)" }
    guard let type else { return nil }
    self.type = type
  }

  private static let types = API.EventType.allCases.filter { $0 != .unspecified }

  static var allValueStrings: [String] { types.map(\.name) }
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}
