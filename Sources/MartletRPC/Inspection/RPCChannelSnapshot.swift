/// A channel at one instant.
public struct RPCChannelSnapshot: Sendable, Equatable {
  /// Unique among all servers, listeners, channels, subchannels and connections of the process;
  /// later ones are greater.
  public var id: Int
  /// As the channel was given it.
  public var target: String
  /// How far it has come.
  public var state: RPCConnectivity
  /// Its calls; one that is made again counts once, by how it ends in the end.
  public var calls: RPCCallCounts
  /// What has happened to it.
  public var trace: RPCTrace
  /// One for each address, in the order of their numbers; then those that are gone but for the
  /// connections that finish their calls.
  public var subchannels: [RPCSubchannelSnapshot]
}

/// The part of a channel that is for one address.
public struct RPCSubchannelSnapshot: Sendable, Equatable {
  /// Unique as that of the channel.
  public var id: Int
  /// `127.0.0.1:7411`, `host:7411`, `unix:/path`, `in-process:name`.
  public var address: String
  /// How far it has come.
  public var state: RPCConnectivity
  /// What was sent to this address; each attempt of a call counts.
  public var calls: RPCCallCounts
  /// What has happened to it.
  public var trace: RPCTrace
  /// Its connections that are open, by rising `id`: one, and any that only finish their calls.
  public var connections: [RPCConnectionSnapshot]
}

/// How far a channel, or its part for one address, has come, as gRPC's
/// connectivity-semantics-and-api.md names it.
public enum RPCConnectivity: Sendable, Hashable {
  /// No connection, and nothing that wants one.
  case idle
  /// Addresses are looked up or a connection is being made.
  case connecting
  /// Calls can be sent.
  case ready
  /// No connection can be had; it is tried again after a pause.
  case transientFailure
  /// Takes no more calls.
  case shutdown
}

/// How many calls there were.
public struct RPCCallCounts: Sendable, Equatable {
  /// All that have begun.
  public var started: Int
  /// Those of them that ended with OK, and those that ended otherwise.
  public var succeeded: Int
  public var failed: Int
  /// When one was last started, or made again; nil: never.
  public var lastStartedAt: ContinuousClock.Instant?
}

/// What has happened to a channel or subchannel.
public struct RPCTrace: Sendable, Equatable {
  /// When it came to be.
  public var createdAt: ContinuousClock.Instant
  /// All that ever happened; `events` has the newest.
  public var eventsLogged: Int
  /// The newest 30, the oldest of them first.
  public var events: [RPCTraceEvent]
}

/// One thing that has happened to a channel or subchannel.
public struct RPCTraceEvent: Sendable, Equatable {
  /// How much it matters.
  public enum Severity: Sendable, Hashable {
    /// As it goes.
    case info
    /// Calls may fail.
    case warning
  }

  /// In words, such as `READY → IDLE: the connection to … was lost`; at most 256 Unicode scalars.
  public var description: String
  /// How much it matters.
  public var severity: Severity
  /// When it was.
  public var at: ContinuousClock.Instant
  /// The channel's part that it happened to; nil: it was the whole.
  public var subchannel: Int?
}

extension RPCChannel {
  static let registry = InspectionRegistry<RPCChannel>()

  /// The channels of this process that have not been closed, by rising `id`.
  public static var open: [RPCChannel] { registry.all }

  /// Unique among all servers, listeners, channels, subchannels and connections of the process;
  /// later ones are greater.
  public var id: Int { driver.id }

  /// The channel, the addresses it knows and its connections, all at one instant.
  public func snapshot() async -> RPCChannelSnapshot {
    await withCheckedContinuation { continuation in
      driver.loop.execute { [driver] in continuation.resume(returning: driver.snapshot()) }
    }
  }
}
