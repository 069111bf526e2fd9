import MartletAPI
import MartletRPC
import Synchronization

struct FakeEventService: API.EventService {
  let node: FakeNode

  func watchEvents(
    _ request: API.WatchEventsRequest, response: ResponseWriter<API.WatchEventsResponse>,
    context: CallContext
  ) async throws {
    var revision = try start(request)
    let end = node.eventCount
    response.sendHeaders()
    while true {
      let size = batchSize()
      let known = node.state.withLock { Array($0.events.dropFirst(revision).prefix(size)) }
      if known.isEmpty {
        if request.untilNow, revision >= end { return }
        await node.changed(since: revision)
        try Task.checkCancellation()
        continue
      }
      try node.breakStreamMaybe(oneIn: 4)
      revision += known.count
      try await response.write(
        API.WatchEventsResponse(
          events: known.filter { Self.passes($0, request) }.map { content($0, request) },
          cursor: "r\(revision)"))
    }
  }

  private func start(_ request: API.WatchEventsRequest) throws -> Int {
    let (oldest, newest) = node.state.withLock { ($0.oldestRevision, $0.events.count) }
    switch request.from {
    case .cursor(let cursor):
      guard let revision = Int(cursor.dropFirst()) else {
        throw FakeNode.status(
          .invalidArgument, "FIELD_INVALID", "the cursor is not valid",
          violations: [("cursor", "is not one of this server's")])
      }
      guard revision + 1 >= oldest else {
        throw FakeNode.status(
          .outOfRange, "REVISION_COMPACTED", "events up to \(oldest - 1) are no longer kept",
          metadata: ["oldest_cursor": "r\(oldest - 1)"])
      }
      return revision
    case .beginning: return Int(oldest) - 1
    case .time: return Int(oldest) - 1
    case nil: return newest
    }
  }

  /// Random if streams break, so that they break at other places too.
  private func batchSize() -> Int {
    node.state.withLock { state in
      guard var random = state.random else { return 100 }
      defer { state.random = random }
      return Int.random(in: 1...7, using: &random)
    }
  }

  private func content(_ event: API.Event, _ request: API.WatchEventsRequest) -> API.Event {
    var event = event
    if !request.includeContent { event.result = nil }
    return event
  }

  private static func passes(_ event: API.Event, _ request: API.WatchEventsRequest) -> Bool {
    (request.pools.isEmpty || request.pools.contains(event.pool))
      && (request.taskIds.isEmpty || request.taskIds.contains(event.taskId))
      && (request.kinds.isEmpty || request.kinds.contains(event.kind))
      && (request.types.isEmpty || request.types.contains(event.type))
      && request.labels.allSatisfy { event.labels[$0.key] == $0.value }
  }
}

struct FakeServerService: API.ServerService {
  let node: FakeNode

  func getServerInfo(
    _ request: API.GetServerInfoRequest, context: CallContext
  ) async throws -> API.GetServerInfoResponse {
    try node.enter(context)
    return API.GetServerInfoResponse(
      version: "9.9.9", oldestCursor: "r0", cursor: node.cursor, oldestRevision: 1,
      newestRevision: UInt64(node.eventCount),
      limits: [.init(name: "payload", value: 1_048_576, unit: "bytes", beyond: "FIELD_INVALID")],
      kinds: ["echo", "file.digest"])
  }
}
