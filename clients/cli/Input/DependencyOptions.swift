internal import ArgumentParser
internal import MartletClient

/// What a submitter may say about the tasks that a task waits for.
struct DependencyOptions: ParsableArguments {
  enum Rule: String, ExpressibleByArgument, CaseIterable {
    case cancel
    case runAnyway = "run-anyway"
    case hold
  }

  @Option(
    name: .customLong("depends-on"),
    help: .init("Start when this task, or @last, has succeeded. Repeatable.", valueName: "id"),
    completion: Completions.tasks)
  var dependsOn: [String] = []

  @Option(help: "If such a task fails: be cancelled, run anyway, or be held until it is retried.")
  var onDependencyFailure: Rule?

  @Flag(help: "Hand the results of those tasks to whoever runs it.")
  var wantDependencyResults = false

  func validate() throws {
    if dependsOn.isEmpty, onDependencyFailure != nil || wantDependencyResults {
      throw ValidationError(
        "--on-dependency-failure and --want-dependency-results need --depends-on")
    }
  }

  func apply(to spec: inout API.TaskSpec, in session: Session) throws {
    spec.dependsOn = try dependsOn.map(session.lastTask.resolve)
    spec.onDependencyFailure = onDependencyFailure?.value ?? .unspecified
    spec.wantDependencyResults = wantDependencyResults
  }
}

extension DependencyOptions.Rule {
  /// As files have it: `run_anyway` is the same as `run-anyway`.
  init?(word: String) { self.init(rawValue: word.replacing("_", with: "-")) }

  var value: API.DependencyRule {
    switch self {
    case .cancel: .cancel
    case .runAnyway: .runAnyway
    case .hold: .hold
    }
  }
}
