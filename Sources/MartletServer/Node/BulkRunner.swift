import Logging
import MartletCore
import MartletProtobuf
import MartletStore
import Synchronization

/// Carries operations on: reads the next of their tasks from the index and hands them to the
/// engine, slice after slice, each when the one before is durable. What has been done is in the
/// engine: this can be forgotten at any moment.
final class BulkRunner: Sendable {
  /// Tasks of one commit: so few that submissions between two slices hardly wait.
  private static let sliceMax = 100
  private static let pageMax = 200
  /// After the index could not be read, or was behind.
  private static let pause = Duration.milliseconds(100)

  private struct State: Sendable {
    var running: [BulkID: Task<Void, Never>] = [:]
    var isStopped = false
  }

  private let state = Mutex(State())

  /// Nothing happens if it is carried on already.
  func start(_ record: BulkRecord, startedAt revision: Revision, on node: Node) {
    let id = record.id
    state.withLock { state in
      guard !state.isStopped, state.running[id] == nil else { return }
      state.running[id] = Task { [weak node, weak self] in
        if let node { await Self.run(record, startedAt: revision, on: node) }
        self?.state.withLock { $0.running[id] = nil }
      }
    }
  }

  /// Ends what is under way; it goes on after the next start of the node.
  func stop() async {
    let tasks = state.withLock { state in
      state.isStopped = true
      return Array(state.running.values)
    }
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
  }

  // MARK: - One operation

  private static func run(
    _ first: BulkRecord, startedAt start: Revision, on node: Node
  ) async {
    var record = first
    var asOf = start
    var pace = BulkPace(rate: first.rate)
    while record.state == .running, !Task.isCancelled {
      do {
        for slice in try await slices(of: record, asOf: asOf, pace, on: node) {
          guard await pace.wait(for: slice.candidates.count) else { return }
          guard
            case .bulk(let now) = try await node.perform(
              .bulk(.step(record.id, slice)), on: nil
            ).value
          else { return }
          record = now
          if record.state != .running { return }
        }
      } catch Refusal.staleHistory {
        asOf = node.durableRevision
        try? await Task.sleep(for: pause)
      } catch let failure as StoreFailure {
        node.logger.error(
          "an operation on many tasks could not read the index", metadata: ["reason": "\(failure)"])
        try? await Task.sleep(for: pause)
      } catch {
        // It is stopping, or the operation is no longer known.
        return
      }
    }
  }

  /// The next page of tasks, in slices.
  private static func slices(
    of record: BulkRecord, asOf: Revision, _ pace: BulkPace, on node: Node
  ) async throws -> [BulkSlice] {
    guard case .catalog(let catalog) = try await node.see(.catalog, on: nil).value else {
      return []
    }
    let filter = (try? TaskFilter(parsing: record.filter)) ?? TaskFilter(.any([]))
    let predicate = TaskPredicate(filter, in: catalog, now: record.createTime)
    let query = BulkQuery(predicate, states: record.action.states)
      .page(after: record.through, through: record.last, countMax: pageMax)
    // What the index holds while the page is read is at least as new as this.
    _ = await node.indexWriter.waitApplied(asOf)
    let known = node.indexWriter.applied
    let page = try await node.page(query, asOf: asOf, inBackground: true)
    var candidates: [BulkSlice.Candidate] = []
    for row in page.rows {
      candidates.append(
        record.action.isOnHistory ? .ended(try row.history(asOf: known)) : .live(row.id))
    }
    return cut(candidates, isLastPage: page.next == nil, record, sliceMax: pace.sliceMax(sliceMax))
  }

  private static func cut(
    _ candidates: [BulkSlice.Candidate], isLastPage: Bool, _ record: BulkRecord, sliceMax: Int
  ) -> [BulkSlice] {
    var slices: [BulkSlice] = []
    var rest = candidates[...]
    while let last = rest.prefix(sliceMax).last {
      slices.append(
        BulkSlice(
          candidates: Array(rest.prefix(sliceMax)), through: last.task, isLast: false))
      rest = rest.dropFirst(sliceMax)
    }
    guard isLastPage else { return slices }
    if slices.isEmpty {
      slices = [BulkSlice(candidates: [], through: record.last, isLast: true)]
    }
    slices[slices.count - 1].through = record.last
    slices[slices.count - 1].isLast = true
    return slices
  }
}

/// Spreads tasks evenly over time.
private struct BulkPace: Sendable {
  /// Between two slices of an operation without a rate: others go on as if it were not there.
  private static let rest = Duration.milliseconds(2)

  private let rate: Int
  private var next = MonotonicTime.now

  init(rate: Int) { self.rate = rate }

  /// Ten slices a second, or as many as it takes.
  func sliceMax(_ most: Int) -> Int { rate == 0 ? most : min(most, max(1, rate / 10)) }

  /// Returns when so many more tasks may be done; false if that is no longer wanted.
  mutating func wait(for count: Int) async -> Bool {
    guard rate > 0 else {
      try? await Task.sleep(for: Self.rest)
      return !Task.isCancelled
    }
    let now = MonotonicTime.now
    if next > now {
      try? await Task.sleep(for: .nanoseconds(next - now))
    } else {
      next = now
    }
    next += Int64(count) * 1_000_000_000 / Int64(rate)
    return !Task.isCancelled
  }
}
