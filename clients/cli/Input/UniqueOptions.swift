internal import ArgumentParser
internal import MartletClient

/// What a submitter may say about other tasks with the same key.
struct UniqueOptions: ParsableArguments {
  enum Scope: String, ExpressibleByArgument, CaseIterable {
    case pool, namespace
  }

  enum Conflict: String, ExpressibleByArgument, CaseIterable {
    case reject, `return`, replace, debounce
  }

  @Option(
    help: .init("Have no other task with this key, 1 to 255 bytes.", valueName: "key"))
  var uniqueKey: String?

  @Option(help: "Where the key means the same.")
  var uniqueScope: Scope = .pool

  @Option(
    help: .init(
      "Finished tasks count for so long, up to 365 days (not at all if unset).",
      valueName: "duration"))
  var uniqueWindow: DurationArgument?

  @Flag(help: "A task that runs does not count.")
  var uniqueWaitingOnly = false

  @Option(
    help: "If there is one: be refused, return it, replace it or push its time (if it waits).")
  var onDuplicate: Conflict = .reject

  func validate() throws {
    if uniqueKey == nil,
      uniqueWindow != nil || uniqueWaitingOnly || uniqueScope != .pool || onDuplicate != .reject
    {
      throw ValidationError("--unique-… and --on-duplicate need --unique-key")
    }
  }

  var rule: API.UniqueRule? {
    uniqueKey.map { key in
      API.UniqueRule(
        key: key, scope: uniqueScope == .pool ? .pool : .namespace,
        finishedWithin: uniqueWindow.map { WellKnown.Duration($0.duration) },
        waitingOnly: uniqueWaitingOnly, onConflict: onDuplicate.value)
    }
  }
}

extension UniqueOptions.Conflict {
  fileprivate var value: API.UniqueConflict {
    switch self {
    case .reject: .reject
    case .return: .returnExisting
    case .replace: .replace
    case .debounce: .debounce
    }
  }
}
