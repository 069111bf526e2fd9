/// The newest events of a channel or subchannel, and how many there ever were. Times are those of
/// the loop's clock.
struct TraceLog {
  struct Event: Equatable {
    var text: String
    var severity = RPCTraceEvent.Severity.info
    var at: UInt64
    /// The subchannel's number, if it is about one.
    var subchannel: Int?
  }

  /// Events that are kept; the oldest goes.
  static let eventsMax = 30
  /// Unicode scalars of a text: part of it may be a server's own words.
  static let textMax = 256

  let createdAt: UInt64
  private(set) var eventsLogged = 0
  private(set) var events: [Event] = []

  init(at now: UInt64) { createdAt = now }

  mutating func add(_ event: Event) {
    var event = event
    if event.text.unicodeScalars.count > Self.textMax {
      event.text = String(String.UnicodeScalarView(event.text.unicodeScalars.prefix(Self.textMax)))
    }
    if events.count == Self.eventsMax { events.removeFirst() }
    events.append(event)
    eventsLogged += 1
  }

  /// The state has changed, perhaps for a reason.
  mutating func add(
    from old: RPCConnectivity, to new: RPCConnectivity, because reason: String?, at now: UInt64
  ) {
    let change = "\(old.name) → \(new.name)"
    add(
      Event(
        text: reason.map { "\(change): \($0)" } ?? change,
        severity: new == .transientFailure ? .warning : .info, at: now))
  }

  func snapshot(_ times: LoopTimes) -> RPCTrace {
    RPCTrace(
      createdAt: times.instant(createdAt), eventsLogged: eventsLogged,
      events: events.map {
        RPCTraceEvent(
          description: $0.text, severity: $0.severity, at: times.instant($0.at),
          subchannel: $0.subchannel)
      })
  }
}

extension RPCConnectivity {
  /// As gRPC writes it.
  var name: String {
    switch self {
    case .idle: "IDLE"
    case .connecting: "CONNECTING"
    case .ready: "READY"
    case .transientFailure: "TRANSIENT_FAILURE"
    case .shutdown: "SHUTDOWN"
    }
  }
}
