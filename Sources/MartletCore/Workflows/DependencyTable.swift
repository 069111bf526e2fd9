/// Which live tasks wait for which others. How an edge stands follows from the task that it leads
/// to: one that has not ended is waited for, one that succeeded is not, and of one that did not the
/// waiting task's rule decides. So a start can put the table together again from rows.
package struct DependencyTable: Sendable {
  package struct Entry: Hashable, Sendable {
    package var tasks: [TaskID]
    package var rule: DependencyRule
    /// How many of them have not ended.
    package var open: Int
    /// Those that ended without success, by rising id; empty if that does not matter.
    package var failed: [TaskID]

    package var verdict: Verdict {
      if rule == .cancel, let first = failed.first { return .fails(first) }
      return open == 0 && failed.isEmpty ? .met : .waits
    }
  }

  package enum Verdict: Hashable, Sendable {
    case waits
    case met
    /// This one did not succeed, and the task is not to run without it.
    case fails(TaskID)
  }

  private(set) var entries: [TaskID: Entry] = [:]
  private var dependants: [TaskID: Set<TaskID>] = [:]

  package init() {}

  package subscript(task: TaskID) -> Entry? { entries[task] }

  /// Of live tasks, by rising id.
  package func dependants(of task: TaskID) -> [TaskID] {
    if dependants.isEmpty { return [] }
    return dependants[task]?.sorted() ?? []
  }

  /// Whether a task that did not succeed is what others are held or will be cancelled by: without
  /// it, nobody would know any more.
  func isNeeded(_ task: TaskID) -> Bool {
    dependants[task]?.contains { entries[$0]?.rule != .runAnyway } ?? false
  }

  // MARK: - Changes

  /// - Parameter ended: Those of `tasks` that have ended, and how.
  mutating func insert(
    _ task: TaskID, on tasks: [TaskID], ended: [TaskDependencies.Ended], rule: DependencyRule
  ) {
    if tasks.isEmpty { return }
    var entry = Entry(tasks: tasks, rule: rule, open: tasks.count - ended.count, failed: [])
    if rule != .runAnyway {
      entry.failed = ended.filter { $0.state != .succeeded }.map(\.task).sorted()
    }
    entries[task] = entry
    for other in tasks { dependants[other, default: []].insert(task) }
  }

  mutating func remove(_ task: TaskID) {
    if entries.isEmpty { return }
    guard let entry = entries.removeValue(forKey: task) else { return }
    for other in entry.tasks {
      dependants[other]?.remove(task)
      if dependants[other]?.isEmpty == true { dependants[other] = nil }
    }
  }

  mutating func ended(_ task: TaskID, as state: TaskState) {
    if dependants.isEmpty { return }
    for dependant in dependants[task] ?? [] {
      entries[dependant]?.open -= 1
      guard state != .succeeded, entries[dependant]?.rule != .runAnyway else { continue }
      entries[dependant]?.failed.append(task)
      entries[dependant]?.failed.sort()
    }
  }

  mutating func reopened(_ task: TaskID) {
    if dependants.isEmpty { return }
    for dependant in dependants[task] ?? [] {
      entries[dependant]?.open += 1
      entries[dependant]?.failed.removeAll { $0 == task }
    }
  }
}
