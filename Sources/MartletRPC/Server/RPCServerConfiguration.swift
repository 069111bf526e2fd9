/// What a server listens on and what it takes. Every limit says its unit, range and what happens
/// beyond it.
public struct RPCServerConfiguration: Sendable {
  /// Addresses: `host:port` (`127.0.0.1:7411`, `[::1]:0`; port 0: any free one), `unix:/path`, or
  /// `in-process:name` for channels of the same process (without a name: any free one). At least
  /// one.
  public var addresses: [String]

  /// Event loops: 1 to 64; nil: as many as cores, at least 2 and at most 8.
  public var eventLoops: Int?

  /// What one connection and one call may take.
  public var limits = ServerLimits()

  /// What responses are compressed with if the caller takes it and the handler does not say
  /// otherwise. Requests may be compressed in any case.
  public var responseEncoding = MessageEncoding.identity

  /// Plain text, or TLS by `MartletRPCTLS`; for all addresses.
  public var transportSecurity = TransportSecurity.none

  /// On one free port of the loopback, if not said otherwise.
  public init(addresses: [String] = ["127.0.0.1:0"]) { self.addresses = addresses }
}

/// What a server has done and is doing.
public struct RPCServerStatistics: Sendable, Equatable {
  /// Open connections.
  public var connections = 0
  /// Calls whose handler is running, parked streams included.
  public var activeCalls = 0
  /// Those of them that stream responses (watches, waits), and so may stay for long.
  public var parkedStreams = 0
  /// Calls since the start whose handler was started.
  public var startedCalls = 0
  /// Calls since the start whose handler has ended.
  public var finishedCalls = 0
  /// Calls since the start that ended with a status other than OK, those without a handler
  /// included.
  public var failedCalls = 0
}
