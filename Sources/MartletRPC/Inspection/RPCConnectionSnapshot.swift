/// One connection of a server at one instant.
public struct RPCConnectionSnapshot: Sendable, Equatable {
  /// Unique among all connections, listeners and servers of the process; later ones are greater.
  public var id: Int
  /// The two ends: `127.0.0.1:7411`, `[::1]:7411`, `unix:/path`; `unix:` for a client's nameless
  /// end; `in-process` for both.
  public var localAddress: String
  public var remoteAddress: String
  /// Streams that the client opened, those refused included.
  public var streamsStarted: Int
  /// Those of them that ended with OK, and those that did not.
  public var streamsSucceeded: Int
  public var streamsFailed: Int
  public var messagesSent: Int
  public var messagesReceived: Int
  /// PINGs sent to learn whether the client is still there, and in a graceful end.
  public var pingsSent: Int
  /// When a stream was last opened, and a message last sent or received; nil: never.
  public var lastStreamAt: ContinuousClock.Instant?
  public var lastMessageSentAt: ContinuousClock.Instant?
  public var lastMessageReceivedAt: ContinuousClock.Instant?
}

/// An address on which a server listens.
public struct RPCListenerSnapshot: Sendable, Equatable {
  /// Unique as that of a connection.
  public var id: Int
  /// `127.0.0.1:7411`, `unix:/path`, `in-process:name`.
  public var address: String
}

extension RPCServer {
  /// The servers of this process that have not been stopped, by rising `id`.
  public static var running: [RPCServer] { ServerRegistry.servers }

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
