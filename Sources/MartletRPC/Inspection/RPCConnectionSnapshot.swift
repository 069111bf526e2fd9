internal import NIOCore

/// One connection of a server or a channel at one instant.
public struct RPCConnectionSnapshot: Sendable, Equatable {
  /// Unique among all servers, listeners, channels, subchannels and connections of the process;
  /// later ones are greater.
  public var id: Int
  /// The two ends: `127.0.0.1:7411`, `[::1]:7411`, `unix:/path`; `unix:` for a client's nameless
  /// end; `in-process` for both.
  public var localAddress: String
  public var remoteAddress: String
  /// Streams that the client opened, those refused included.
  public var streamsStarted: Int
  /// Those of them that ended well, and those that did not. On a server: with OK, or otherwise; on
  /// a client: with the server's END_STREAM, or without, as gRPC's A14 has it.
  public var streamsSucceeded: Int
  public var streamsFailed: Int
  public var messagesSent: Int
  public var messagesReceived: Int
  /// PINGs sent to learn whether the other side is still there; by a server also in a graceful end.
  public var pingsSent: Int
  /// When a stream was last opened, and a message last sent or received; nil: never.
  public var lastStreamAt: ContinuousClock.Instant?
  public var lastMessageSentAt: ContinuousClock.Instant?
  public var lastMessageReceivedAt: ContinuousClock.Instant?
  /// Bytes that the connection's HTTP/2 window lets this side send, and the other side send to it.
  public var sendWindowBytes: Int
  public var receiveWindowBytes: Int
  /// How it is protected; nil: plain text, or the two sides have not agreed yet.
  public var security: RPCConnectionSecurity?
}

/// How a connection is protected.
public struct RPCConnectionSecurity: Sendable, Hashable {
  /// `TLS 1.2` or `TLS 1.3`.
  public var version: String
  /// The certificate that the other side has shown, in DER; empty: none.
  public var remoteCertificate: [UInt8]

  package init(version: String, remoteCertificate: [UInt8]) {
    self.version = version
    self.remoteCertificate = remoteCertificate
  }
}

/// An address on which a server listens.
public struct RPCListenerSnapshot: Sendable, Equatable {
  /// Unique as that of a connection.
  public var id: Int
  /// `127.0.0.1:7411`, `unix:/path`, `in-process:name`.
  public var address: String
}

extension RPCServer {
  static let registry = InspectionRegistry<RPCServer>()

  /// The servers of this process that have not been stopped, by rising `id`.
  public static var running: [RPCServer] { registry.all }

  /// Every open connection, by rising `id`.
  public func connectionSnapshots() async -> [RPCConnectionSnapshot] {
    await withTaskGroup(of: [RPCConnectionSnapshot].self) { group in
      for loop in loops {
        group.addTask {
          await withCheckedContinuation { continuation in
            loop.loop.execute {
              continuation.resume(returning: loop.connections.map { $0.snapshot() })
            }
          }
        }
      }
      var all: [RPCConnectionSnapshot] = []
      for await some in group { all += some }
      return all.sorted { $0.id < $1.id }
    }
  }
}

/// Turns times of a loop's clock into instants, as of one moment.
struct LoopTimes {
  private let now: UInt64
  private let instant = ContinuousClock.now

  init(of loop: RPCEventLoop) { now = loop.now }

  func instant(_ time: UInt64) -> ContinuousClock.Instant {
    instant - .nanoseconds(Int64(clamping: now > time ? now - time : 0))
  }

  /// 0: never.
  func optional(_ time: UInt64) -> ContinuousClock.Instant? { time == 0 ? nil : instant(time) }
}

extension SocketAddress {
  /// As snapshots have it.
  var text: String {
    switch self {
    case .v4: "\(ipAddress ?? "?"):\(port ?? 0)"
    case .v6: "[\(ipAddress ?? "?")]:\(port ?? 0)"
    case .unixDomainSocket: "unix:\(pathname ?? "")"
    }
  }
}
