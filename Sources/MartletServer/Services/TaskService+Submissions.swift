import MartletAPI
import MartletCore
import MartletRPC
import MartletStore

extension TaskService {
  struct Receipt {
    var tasks: [AnsweredTask]
    /// The request had been answered before; these are the tasks of then.
    var isRepeat: Bool
    var revision: Revision
  }

  func submit(
    _ submission: CheckedSubmission, _ origin: Origin, _ context: CallContext
  ) async throws -> Receipt {
    let outcome = try await withHistory(of: submission, origin, context) {
      (command) async throws(Refusal) in try await node.perform(command, on: context.loop)
    }
    guard case .submitted(let tasks, let isRepeat) = outcome.value else {
      throw desk.fault("the engine answered a submission with something else", in: context)
    }
    return Receipt(tasks: tasks, isRepeat: isRepeat, revision: outcome.revision)
  }

  /// Checks all that a submission would be refused for, and stores nothing.
  func rehearse(
    _ submission: CheckedSubmission, _ origin: Origin, _ context: CallContext
  ) async throws -> (pool: PoolView, revision: Revision) {
    let (pool, _) = try await pool(of: submission, context)
    var submission = submission
    submission.request = nil
    let outcome = try await withHistory(of: submission, origin, context) {
      (command) async throws(Refusal) in
      try await node.see(.rehearsal(command), on: context.loop)
    }
    return (pool, outcome.revision)
  }

  /// What a submission's reply shows: the task as it was then, or, of a repeat and of one that was
  /// there already, as it is now; nil if it is no longer kept.
  func task(
    _ answered: AnsweredTask, of receipt: Receipt, _ submission: CheckedSubmission,
    _ context: CallContext
  ) async throws -> API.Task? {
    let id = answered.task
    if !receipt.isRepeat, !answered.existed,
      let submitted = await node.submission(of: id, by: receipt.revision)
    {
      return API.Task(TaskRecord(new: submitted, poolName: submission.pool), isFull: false)
    }
    let (task, _) = try await read(id, isFull: false, on: context.loop)
    return task.map { API.Task($0, isFull: false) }
  }

  // MARK: - What the engine must know of before

  /// The engine says when it has forgotten what a request id stands for; the index knows it then.
  /// Of finished tasks that count, the index is asked at once.
  private func withHistory<Value: Sendable>(
    of submission: CheckedSubmission, _ origin: Origin, _ context: CallContext,
    _ ask: (Command) async throws(Refusal) -> Node.Outcome<Value>
  ) async throws -> Node.Outcome<Value> {
    var history: RequestHistory?
    var submission = submission
    if submission.needsEnds { try await findEnds(for: &submission, isAgain: false, context) }
    let needsDependencies = submission.drafts.contains(where: \.needsDependencyEnds)
    if needsDependencies { try await findDependencies(of: &submission, isAgain: false, context) }
    for _ in 0..<Self.triesMax {
      do throws(Refusal) {
        return try await ask(
          .submit(
            pool: submission.pool, tasks: submission.drafts, request: submission.request,
            history: history, origin: origin))
      } catch {
        let key = submission.request?.key
        guard error == .staleHistory, key != nil || submission.needsEnds || needsDependencies
        else { throw error }
        if let key {
          let (found, asOf) = try await node.requests([key])
          history = RequestHistory(found: found[key], asOf: asOf)
        }
        if submission.needsEnds { try await findEnds(for: &submission, isAgain: true, context) }
        if needsDependencies {
          try await findDependencies(of: &submission, isAgain: true, context)
        }
      }
    }
    throw Refusal.staleHistory
  }

  /// What the index says of finished tasks with the keys of the new ones: one look for all.
  private func findEnds(
    for submission: inout CheckedSubmission, isAgain: Bool, _ context: CallContext
  ) async throws {
    let (pool, revision) = try await pool(of: submission, context)
    let rules = submission.drafts.map(\.unique?.rule)
    let marks = rules.lazy.compactMap { $0 }.filter { $0.finishedWithin != nil }
      .map { $0.mark(in: pool.record.id) }
    // What the index has not yet, the engine still has, but for the few tasks that were reopened or
    // purged.
    let (found, asOf) = try await node.lastEnds(Set(marks), asOf: isAgain ? revision : nil)
    for (index, rule) in rules.enumerated() {
      guard let mark = rule?.mark(in: pool.record.id) else { continue }
      submission.drafts[index].unique?.history = UniqueHistory(
        mark: mark, found: found[mark], asOf: asOf)
    }
  }

  private func findDependencies(
    of submission: inout CheckedSubmission, isAgain: Bool, _ context: CallContext
  ) async throws {
    let history = try await dependencyHistory(
      of: submission.drafts, isAgain: isAgain, context)
    for index in submission.drafts.indices
    where submission.drafts[index].needsDependencyEnds {
      submission.drafts[index].dependencyHistory = history
    }
  }

  /// What the index says of tasks that new ones depend on: at once as far as it has come, again as
  /// of what the engine knows.
  func dependencyHistory(
    of drafts: some Sequence<TaskDraft>, isAgain: Bool, _ context: CallContext
  ) async throws -> DependencyHistory {
    var ids: Set<TaskID> = []
    for draft in drafts {
      for case .task(let id) in draft.dependencies { ids.insert(id) }
    }
    var asOf = node.indexWriter.applied
    if isAgain { asOf = try await node.see(.tasks([]), on: context.loop).revision }
    let rows = try await node.rows(ids.sorted(), withContent: false, asOf: asOf)
    return DependencyHistory(
      states: Dictionary(
        rows.map { ($0.id, $0.status.state) }, uniquingKeysWith: { first, _ in first }),
      asOf: asOf)
  }

  private func pool(
    of submission: CheckedSubmission, _ context: CallContext
  ) async throws -> (pool: PoolView, revision: Revision) {
    let seen = try await node.see(.pool(submission.pool), on: context.loop)
    guard case .pool(let pool) = seen.value else {
      throw desk.fault("the engine answered a pool call with something else", in: context)
    }
    return (pool, seen.revision)
  }
}
