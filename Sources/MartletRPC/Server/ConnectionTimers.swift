/// The times of a server's connection: what has waited too long, and what is to be done about it.
///
/// Knows no clock: it is told the time, in nanoseconds of one that never goes back. 0 stands for
/// "not awaited".
struct ConnectionTimers {
  /// What a tick brings, at most one at a time.
  enum Due: Equatable {
    case nothing
    /// The client does not do its part.
    case close
    case ping
    /// First step of a graceful end: new calls are to go elsewhere.
    case announceEnd
    /// Second step: those that come after all are refused. The text goes with GOAWAY.
    case refuseStreams(String)
    /// The calls had their grace.
    case endCalls
  }

  /// `ServerLimits` in nanoseconds; 0: never.
  struct Limits {
    var handshake: UInt64
    var writeStall: UInt64
    var keepaliveInterval: UInt64
    var keepaliveTimeout: UInt64
    var idle: UInt64
    var age: UInt64
    var ageGrace: UInt64
    /// From the first to the second step, if the client does not answer earlier.
    var announcement: UInt64 = 10_000_000_000
    /// From the end of our output to that of the client's.
    var linger: UInt64 = 1_000_000_000

    init(_ limits: ServerLimits) {
      handshake = Self.nanoseconds(limits.handshakeTimeout)
      writeStall = Self.nanoseconds(limits.writeStallTimeout)
      keepaliveInterval = Self.nanoseconds(limits.keepaliveInterval)
      keepaliveTimeout = Self.nanoseconds(limits.keepaliveTimeout)
      idle = Self.nanoseconds(limits.idleTimeout)
      age = Self.nanoseconds(limits.connectionAge)
      ageGrace = Self.nanoseconds(limits.connectionAgeGrace)
    }

    static func nanoseconds(_ time: Duration?) -> UInt64 {
      time.map { UInt64(clamping: max(1, $0.nanosecondsClamped)) } ?? 0
    }
  }

  private let openedAt: UInt64
  /// When the connection is old, its share of chance included; 0: never.
  private let ageEndsAt: UInt64
  private var hasSettings = false
  private var headerBlockSince: UInt64 = 0
  private var stalledSince: UInt64 = 0
  private var outputEndedAt: UInt64 = 0
  private var lastByteAt: UInt64
  private var pingSentAt: UInt64 = 0
  private var hadStream = false
  private var idleSince: UInt64
  private var endSince: UInt64 = 0
  private var endReason = ""
  private var hasRefused = false
  private var hasEndedCalls = false

  /// `chance`: from 0 to 1.
  init(openedAt now: UInt64, _ limits: Limits, chance: Double) {
    openedAt = now
    lastByteAt = now
    idleSince = now
    let share = UInt64(Double(limits.age) * (0.9 + 0.2 * chance))
    ageEndsAt = limits.age == 0 ? 0 : now &+ share
  }

  // MARK: What happened

  mutating func settingsReceived() { hasSettings = true }
  mutating func streamOpened() { hadStream = true }

  /// Bytes came; `isInHeaderBlock`: they end within a header block.
  @inline(__always)
  mutating func received(at now: UInt64, isInHeaderBlock: Bool) {
    lastByteAt = now
    pingSentAt = 0
    if isInHeaderBlock {
      if headerBlockSince == 0 { headerBlockSince = now }
    } else {
      headerBlockSince = 0
    }
  }

  /// The client takes our output, or has stopped.
  mutating func becameWritable(_ isWritable: Bool, at now: UInt64) {
    stalledSince = isWritable ? 0 : now
  }

  /// Nothing more is sent: the client is to close its side, too.
  mutating func outputEnded(at now: UInt64) { outputEndedAt = now }

  /// A graceful end begins; true the first time.
  mutating func beginEnd(at now: UInt64, reason: String = "") -> Bool {
    guard endSince == 0 else { return false }
    endSince = now
    endReason = reason
    return true
  }

  /// The client knows of the graceful end; true if the second step is to be taken.
  mutating func beginRefusing() -> Bool {
    guard endSince > 0, !hasRefused else { return false }
    hasRefused = true
    return true
  }

  // MARK: What time brings

  mutating func tick(at now: UInt64, openStreams: Int, _ limits: Limits) -> Due {
    if hadStream || openStreams > 0 { idleSince = now }
    hadStream = false
    let isLate =
      !hasSettings && Self.has(limits.handshake, passedSince: openedAt, at: now)
      || Self.has(limits.handshake, passedSince: headerBlockSince, at: now)
      || Self.has(limits.writeStall, passedSince: stalledSince, at: now)
      || Self.has(limits.keepaliveTimeout, passedSince: pingSentAt, at: now)
      || Self.has(limits.linger, passedSince: outputEndedAt, at: now)
    if isLate { return .close }
    if endSince > 0 { return tickOfEnd(at: now, limits) }
    if ageEndsAt > 0, now >= ageEndsAt {
      _ = beginEnd(at: now, reason: "max_age")
      return .announceEnd
    }
    if Self.has(limits.idle, passedSince: idleSince, at: now) {
      _ = beginEnd(at: now, reason: "max_idle")
      return .announceEnd
    }
    if pingSentAt == 0, Self.has(limits.keepaliveInterval, passedSince: lastByteAt, at: now) {
      pingSentAt = now
      return .ping
    }
    return .nothing
  }

  private mutating func tickOfEnd(at now: UInt64, _ limits: Limits) -> Due {
    if Self.has(limits.announcement, passedSince: endSince, at: now), beginRefusing() {
      return .refuseStreams(endReason)
    }
    // A server that goes away sees to the grace itself.
    if !endReason.isEmpty, !hasEndedCalls, Self.has(limits.ageGrace, passedSince: endSince, at: now)
    {
      hasEndedCalls = true
      return .endCalls
    }
    return .nothing
  }

  /// The text for the client in the second step.
  var reason: String { endReason }

  private static func has(
    _ limit: UInt64, passedSince start: UInt64, at now: UInt64
  ) -> Bool {
    limit > 0 && start > 0 && now > start && now - start >= limit
  }
}
