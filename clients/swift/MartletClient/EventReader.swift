internal import MartletRPC

/// Reads the batches of one feed over as many streams as it takes.
struct EventReader {
  let place: EventPlace
  private let source: EventSource
  private var stream: ResponseStream<API.WatchEventsResponse>.Iterator?
  private var recovery: StreamRecovery
  /// Behind the last batch read, which may be ahead of what was handed out; nil: start anew.
  private var cursor: String?
  /// Of the newest event read.
  private var revision: UInt64
  private var isOver = false
  private var isLost = false

  init(_ source: EventSource) {
    self.source = source
    place = source.place
    cursor = source.place.cursor
    revision = source.place.revision
    recovery = StreamRecovery(source.runner)
  }

  /// The next batch that holds something new, or a heartbeat; nil at the end.
  mutating func next() async throws -> EventBatch? {
    while !isOver {
      do {
        guard let response = try await receive() else {
          // With `until_now` this is the end that was asked for.
          guard source.request.untilNow else { throw recovery.endedEarly() }
          isOver = true
          return nil
        }
        noteProgress()
        if let batch = take(response) { return batch }
      } catch {
        stream = nil
        let delay = try recovery.delay(after: error)
        noteLoss(error)
        try await source.runner.configuration.pause(delay)
      }
    }
    return nil
  }

  private mutating func receive() async throws -> API.WatchEventsResponse? {
    var open: ResponseStream<API.WatchEventsResponse>.Iterator
    if let stream { open = stream } else { open = try await openStream() }
    let response = try await open.next()
    stream = open
    return response
  }

  /// A stream from where the reader is. "Now" is made a cursor first: so it stays the same moment
  /// however often the stream has to be opened before it brings something.
  private mutating func openStream() async throws
    -> ResponseStream<API.WatchEventsResponse>.Iterator
  {
    var request = source.request
    if let cursor {
      request.from = .cursor(cursor)
    } else {
      switch source.start {
      case .cursor(let cursor): request.from = .cursor(cursor)
      case .beginning: request.from = .beginning(true)
      case .time(let time): request.from = .time(time)
      case .now:
        let now = try await source.runner.serverCursor()
        noteProgress()
        cursor = now
        request.from = .cursor(now)
      }
    }
    return source.runner.stream(API.EventServiceMethods.watchEvents, request).makeAsyncIterator()
  }

  /// What is new in a response; nil if it holds only what was read before.
  private mutating func take(_ response: API.WatchEventsResponse) -> EventBatch? {
    if !response.cursor.isEmpty { cursor = response.cursor }
    var batch = EventBatch(events: response.events, cursor: response.cursor)
    guard let first = batch.events.first, let last = batch.events.last else { return batch }
    if first.revision <= revision {
      let known = revision
      batch.events.removeAll { $0.revision <= known }
      if batch.events.isEmpty {
        place.reach(cursor: batch.cursor)
        return nil
      }
    }
    revision = max(revision, last.revision)
    return batch
  }

  private mutating func noteProgress() {
    recovery.progressed()
    guard isLost else { return }
    isLost = false
    source.onConnection?(.resumed)
  }

  private mutating func noteLoss(_ cause: any Error) {
    if isLost { return }
    isLost = true
    let error =
      (cause as? RPCStatus).map { MartletError($0, target: source.runner.target) }
      ?? (cause as? MartletError) ?? recovery.endedEarly()
    source.onConnection?(.lost(error))
  }
}

extension CallRunner {
  /// Behind the newest durable event.
  func serverCursor() async throws -> String {
    let info: API.GetServerInfoResponse = try await unary(
      API.ServerServiceMethods.getServerInfo, API.GetServerInfoRequest(), repeats: .never)
    return info.cursor
  }
}
