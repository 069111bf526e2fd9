internal import Foundation
internal import MartletClient

/// Submits the demo's tasks and follows them to their ends.
struct DemoRun: Sendable {
  let session: Session
  let pool: String
  let batchSize: Int
  let paths: [String]
  /// The run's own, among those of others.
  let name: String
  /// The workers that run the tasks; nil: the server does.
  let fleet: DemoFleet?

  struct Outcome: Sendable {
    var ledger = DemoLedger()
    /// How many workers were started; 0: none were wanted.
    var workers = 0
    /// One of them was killed.
    var hasKilled = false
    /// By task id.
    var paths: [String: String] = [:]
    var batches = 0
    /// From the first request until all tasks were acknowledged, thus durable.
    var submitTime = Duration.zero
    /// From the first request until the last task's end was seen.
    var wholeTime = Duration.zero
  }

  func outcome() async throws -> Outcome {
    // The place before the first task: whatever happens to them comes after it.
    let cursor = try await session.client.serverInfo().cursor
    let start = ContinuousClock.now
    return try await withThrowingTaskGroup(of: Part.self) { group in
      group.addTask { .submitted(try await submit()) }
      group.addTask { .followed(try await follow(from: cursor, start: start)) }
      var outcome = Outcome()
      // Whichever fails first ends the other, and the demo.
      for try await part in group {
        switch part {
        case .submitted(let submission):
          outcome.paths = submission.ids
          outcome.batches = submission.batches
          outcome.submitTime = submission.time
        case .followed(let ledger):
          outcome.ledger = ledger
          outcome.wholeTime = ContinuousClock.now - start
        }
      }
      outcome.workers = fleet?.count ?? 0
      outcome.hasKilled = fleet?.hasKilled ?? false
      return outcome
    }
  }

  private struct Submission {
    /// The paths by task id.
    var ids: [String: String] = [:]
    var batches = 0
    var time = Duration.zero
  }

  private enum Part {
    case submitted(Submission)
    case followed(DemoLedger)
  }

  /// Goes as fast as the queue has room.
  private func submit() async throws -> Submission {
    let start = ContinuousClock.now
    let tasks = session.client.with {
      $0.waitsForRoom = true
      $0.timeout = nil
    }.tasks
    var submission = Submission()
    for first in stride(from: 0, to: paths.count, by: batchSize) {
      let batch = paths[first..<min(paths.count, first + batchSize)]
      let specs = try batch.map { try spec(for: $0) }
      let reply = try await tasks.submitBatch(specs, to: pool)
      guard reply.value.count == batch.count else {
        throw CommandFailure(
          .other,
          "the server answered \(batch.count) tasks with \(reply.value.count) ids: see its log.")
      }
      for (id, path) in zip(reply.value, batch) { submission.ids[id] = path }
      submission.batches += 1
    }
    submission.time = ContinuousClock.now - start
    return submission
  }

  private func spec(for path: String) throws -> API.TaskSpec {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    let payload = try encoder.encode(FileDigestPayload(path: path))
    return API.TaskSpec(
      kind: "file.digest", payload: Array(payload), contentType: "application/json",
      labels: ["run": name], workerSelector: fleet.map { ["demo": $0.name] } ?? [:])
  }

  /// Reads the feed until every task has ended. A heartbeat each second keeps the display going.
  private func follow(
    from cursor: String, start: ContinuousClock.Instant
  ) async throws -> DemoLedger {
    var ledger = DemoLedger()
    var display = DemoDisplay(session: session, total: paths.count, start: start)
    defer { display.clear() }
    let events = session.client.watchEvents(
      from: .cursor(cursor), filter: EventFilter(pools: [pool], labels: ["run": name]),
      includeContent: true, heartbeat: .seconds(1),
      onConnection: session.tell)
    for try await batch in events.batches {
      for event in batch.events { ledger.record(event) }
      display.show(ended: ledger.ended, now: .now)
      if ledger.ended >= paths.count { break }
      if ledger.ended >= paths.count / 2 { fleet?.killOne() }
    }
    try Task.checkCancellation()
    return ledger
  }
}

/// Names one run of the demo, so that it finds its own tasks among those of others.
enum RunName {
  static func random() -> String {
    String((0..<8).compactMap { _ in "0123456789abcdefghjkmnpqrstvwxyz".randomElement() })
  }
}
