internal import MartletAPI

/// Everything that a stage holds behind its lock.
struct Scene: Sendable {
  var book = ServerBook()
  var entries: [Entry] = []
  /// Where the current scenario begins.
  var start = 0
  var outboxes: [Int: AsyncStream<Output>.Continuation] = [:]
  /// Streams that were opened so far, refused ones too.
  var lineCount = 0
  /// TCP connections that were opened so far.
  var connectionCount = 0
  /// The status with which the process ended; nil while it runs.
  var exit: Int32?
  /// A process that ends does not fail what is awaited.
  var mayExit = false
  var leaseCount = 0
  var pingCount: UInt64 = 1_000
  var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
  var waiterCount: UInt64 = 0
  /// Rises with each change.
  var version: UInt64 = 0

  /// What goes out on a stream.
  enum Output: Sendable {
    case message(API.WorkResponse)
    /// A message, already encoded.
    case bytes([UInt8])
    case end(RPCEnding)
  }

  mutating func add(_ event: Entry.Event, on line: Int = 0) {
    entries.append(Entry(time: .now, line: line, event: event))
  }

  /// The newest stream that has been welcomed and still stands.
  var line: Int? {
    book.lines.keys.max().flatMap { number in
      book.lines[number].flatMap { $0.isOpen && $0.isHeard && $0.hello != nil ? number : nil }
    }
  }

  /// The messages of the worker from an entry on, with their places.
  func said(
    since mark: Int? = nil, on line: Int? = nil
  ) -> [(index: Int, line: Int, time: ContinuousClock.Instant, request: API.WorkRequest)] {
    entries[min(mark ?? start, entries.count)...].enumerated().compactMap { offset, entry in
      guard case .said(let request) = entry.event, line == nil || entry.line == line else {
        return nil
      }
      return ((mark ?? start) + offset, entry.line, entry.time, request)
    }
  }

  /// Each beat for a lease from an entry on.
  func beats(
    of lease: String, since mark: Int? = nil
  ) -> [(index: Int, time: ContinuousClock.Instant, beat: API.Beat)] {
    said(since: mark).flatMap { said in
      said.request.beats.filter { $0.lease == lease }.map { (said.index, said.time, $0) }
    }
  }

  func finishes(of lease: String, since mark: Int? = nil) -> [API.Finish] {
    said(since: mark).flatMap { $0.request.finishes }.filter { $0.lease == lease }
  }

  func isReleased(_ lease: String, since mark: Int? = nil) -> Bool {
    said(since: mark).contains { $0.request.releases.contains { $0.lease == lease } }
  }

  func isAccepted(_ lease: String) -> Bool {
    said().contains { $0.request.accepts.contains { $0.lease == lease } }
  }
}
