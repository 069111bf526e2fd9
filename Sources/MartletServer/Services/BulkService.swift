package import MartletAPI
import MartletCore
import MartletProtobuf
package import MartletRPC
import MartletStore

/// `martlet.v1.BulkService`.
package struct BulkService: API.BulkService {
  let desk: ServiceDesk

  private static let sampleMax = 10
  /// How long a watch sleeps when nothing happens.
  private static let wait: Int64 = 15_000_000_000
  private static let readBytes = 1 << 20

  private var node: Node { desk.node }

  package func startBulk(
    _ request: API.StartBulkRequest, context: CallContext
  ) async throws -> API.StartBulkResponse {
    try await desk.answer(context) {
      let now = NodeClock.wall
      let bulk = try RequestCheck.bulk(request, now: now, limits: node.limits)
      let origin = try Origin(context, reason: bulk.reason)
      let seen = try await node.see(.catalog, on: context.loop)
      guard case .catalog(let catalog) = seen.value else { throw unexpected(context) }
      desk.names.learn(catalog)
      let predicate = TaskPredicate(bulk.filter, in: catalog, now: max(now, catalog.stamp.time))
      let query = BulkQuery(predicate, states: bulk.states)
      var draft = bulk.draft
      draft.total = try await count(query, catalog, asOf: seen.revision)
      if bulk.dryRun {
        return try await sample(of: query, matched: draft.total, asOf: seen.revision)
      }
      let outcome = try await node.perform(.bulk(.start(draft, origin: origin)), on: context.loop)
      guard case .bulk(let record) = outcome.value else { throw unexpected(context) }
      return .init(
        operation: .init(record), matched: draft.total, cursor: Cursor(outcome.revision).text)
    }
  }

  private func count(
    _ query: BulkQuery, _ catalog: Catalog, asOf revision: Revision
  ) async throws -> Int64 {
    if let known = query.count(in: catalog.counters) { return known }
    let all = query.page(after: nil, through: nil, countMax: 1)
    return Int64(try await node.count(all, asOf: revision))
  }

  private func sample(
    of query: BulkQuery, matched: Int64, asOf revision: Revision
  ) async throws -> API.StartBulkResponse {
    let first = query.page(after: nil, through: nil, countMax: Self.sampleMax)
    var response = API.StartBulkResponse(matched: matched, cursor: Cursor(revision).text)
    let tasks = TaskService(desk: desk)
    for row in try await node.page(first, asOf: revision).rows {
      response.sample.append(API.Task(try await tasks.record(of: row), isFull: false))
    }
    return response
  }

  package func getBulk(
    _ request: API.GetBulkRequest, context: CallContext
  ) async throws -> API.GetBulkResponse {
    try await desk.answer(context) {
      let (record, revision) = try await look(RequestCheck.bulkID(request.id), context)
      return .init(operation: .init(record), cursor: Cursor(revision).text)
    }
  }

  package func listBulks(
    _ request: API.ListBulksRequest, context: CallContext
  ) async throws -> API.ListBulksResponse {
    try await desk.answer(context) {
      let seen = try await node.see(.bulks, on: context.loop)
      guard case .bulks(let records) = seen.value else { throw unexpected(context) }
      return .init(
        operations: records.map { .init($0) }, cursor: Cursor(seen.revision).text)
    }
  }

  package func stopBulk(
    _ request: API.StopBulkRequest, context: CallContext
  ) async throws -> API.StopBulkResponse {
    try await desk.answer(context) {
      let id = try RequestCheck.bulkID(request.id, reason: request.reason)
      let origin = try Origin(context, reason: request.reason)
      let outcome = try await node.perform(.bulk(.stop(id, origin: origin)), on: context.loop)
      guard case .bulk(let record) = outcome.value else { throw unexpected(context) }
      return .init(operation: .init(record), cursor: Cursor(outcome.revision).text)
    }
  }

  package func watchBulk(
    _ request: API.WatchBulkRequest, response: ResponseWriter<API.WatchBulkResponse>,
    context: CallContext
  ) async throws {
    try await desk.answer(context) {
      let id = try RequestCheck.bulkID(request.id)
      var (record, position) = try await look(id, context)
      try await response.write(
        .init(operation: .init(record), cursor: Cursor(position).text))
      while record.state == .running {
        let before = record
        switch node.feed.read(after: position, bytesMax: Self.readBytes) {
        case .segments(let segments):
          for segment in segments {
            record = try segment.newest(of: id, after: position) ?? record
            position = segment.lastRevision
          }
        case .older: (record, position) = try await look(id, context)
        case .upToDate:
          if node.feed.isClosed { throw Refusal.stopping }
          try Task.checkCancellation()
          await node.feed.wait(
            after: position, until: MonotonicTime.now + Self.wait, on: context.loop)
        }
        if record != before {
          try await response.write(
            .init(operation: .init(record), cursor: Cursor(position).text))
        }
      }
    }
  }

  private func look(
    _ id: BulkID, _ context: CallContext
  ) async throws -> (BulkRecord, Revision) {
    let seen = try await node.see(.bulk(id), on: context.loop)
    guard case .bulks(let records) = seen.value, let record = records.first else {
      throw unexpected(context)
    }
    return (record, seen.revision)
  }

  private func unexpected(_ context: CallContext) -> RPCStatus {
    desk.fault("the engine answered about operations with something else", in: context)
  }
}

extension Segment {
  private static let bulkTypes: Set<API.EventType> = [.bulkStarted, .bulkProgressed, .bulkEnded]

  /// The operation after the last of its events in here.
  fileprivate func newest(
    of id: BulkID, after position: Revision
  ) throws(StoreFailure) -> BulkRecord? {
    for index in (0..<count).reversed() {
      if firstRevision.advanced(by: index) <= position { return nil }
      let type = API.EventType(rawValue: Int32(bitPattern: entry(index).type))
      guard Self.bulkTypes.contains(type) else { continue }
      do throws(Segment.Damage) {
        if case .bulk(let event) = try body(index), event.record.id == id { return event.record }
      } catch {
        throw .corrupted(file: "log.db", reason: error.reason)
      }
    }
    return nil
  }
}
