import MartletClient
import Synchronization

/// Subscribers of the whole feed, each on a connection of its own, each checking that no revision
/// is missing, until one that is told later.
struct Subscribers: Sendable {
  struct Outcome: Sendable {
    /// Events that were delivered, to all of them together.
    var events: Int
    /// When the last of them had the last event.
    var end: ContinuousClock.Instant
  }

  private static let clock = ContinuousClock()

  private let last = LastRevision()
  private let clients: [Client]
  private let reading: Task<[Outcome], any Error>

  /// - Parameter client: Asks where the feed is now; the subscribers start there.
  init(_ count: Int, address: String, _ client: Client) async throws {
    let clients = try (0..<count).map { _ in try Client(address) }
    // A first call makes the connection, which is no part of what is measured.
    for client in clients { _ = try await client.server.getServerInfo(.init()) }
    let info = try await client.server.getServerInfo(.init())
    self.clients = clients
    reading = Task { [last] in
      try await withThrowingTaskGroup(of: Outcome.self) { group in
        for client in clients {
          group.addTask(executorPreference: client.channel.taskExecutor) {
            try await Self.read(client, after: info, until: last)
          }
        }
        var outcomes: [Outcome] = []
        for try await outcome in group { outcomes.append(outcome) }
        return outcomes
      }
    }
  }

  /// Waits until everyone has every event up to `revision`. Later events must come: they wake those
  /// who have all and do not know it.
  func finish(at revision: UInt64, _ causeEvent: () async throws -> Void) async throws -> Outcome {
    last.set(revision)
    try await causeEvent()
    let outcomes = try await reading.value
    for client in clients { await client.channel.close() }
    let end = outcomes.map(\.end).max() ?? Self.clock.now
    return Outcome(events: outcomes.reduce(0) { $0 + $1.events }, end: end)
  }

  private static func read(
    _ client: Client, after info: API.GetServerInfoResponse, until last: LastRevision
  ) async throws -> Outcome {
    var scanner = EventScanner(.gapless, after: info.newestRevision)
    let stream = client.channel.serverStreamingEncoded(
      API.EventServiceMethods.watchEvents,
      API.WatchEventsRequest(from: .cursor(info.cursor)))
    var before = Outcome(events: 0, end: clock.now)
    for try await message in stream {
      let known = scanner.revision
      try scanner.scan(message)
      let now = clock.now
      if let last = last.value, scanner.revision >= last {
        let events = Int(last - info.newestRevision)
        return Outcome(events: events, end: known >= last ? before.end : now)
      }
      before = Outcome(events: scanner.eventCount, end: now)
    }
    throw BenchProblem("the feed ended early")
  }
}

/// The revision at which to stop, once it is known.
private final class LastRevision: Sendable {
  private let revision = Atomic<UInt64>(0)

  var value: UInt64? {
    let value = revision.load(ordering: .acquiring)
    return value == 0 ? nil : value
  }

  func set(_ value: UInt64) { revision.store(value, ordering: .releasing) }
}
