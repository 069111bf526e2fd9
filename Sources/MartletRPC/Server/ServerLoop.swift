internal import MartletHTTP2
internal import NIOCore
internal import Synchronization

/// One server's share of one event loop: its connections there, and their counters.
///
/// `@unchecked Sendable`: `connections` is touched on the loop only; the counters are atomic,
/// written on the loop only.
final class ServerLoop: @unchecked Sendable {
  /// A number that one thread changes and all may read.
  struct Counter: ~Copyable {
    private let value = Atomic<Int>(0)

    var current: Int { value.load(ordering: .relaxed) }

    @inline(__always)
    borrowing func add(_ amount: Int) {
      value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
  }

  let loop: RPCEventLoop
  let methods: MethodTable
  let limits: ServerLimits
  let responseEncoding: MessageEncoding
  let security: TransportSecurity
  let timerLimits: ConnectionTimers.Limits
  let pingLimits: PingStrikes.Limits
  /// This loop's share of all handlers.
  let handlersMax: Int
  /// Nanoseconds.
  let requestTimeout: UInt64
  let inputShare: UInt64
  let http2Limits: HTTP2Limits
  let server: ServerState
  let handlers: HandlerPool

  @exclusivity(unchecked) private(set) var connections: [ServerConnection] = []
  @exclusivity(unchecked) private var isTickScheduled = false

  let activeCalls = Counter()
  let parkedStreams = Counter()
  let startedCalls = Counter()
  let finishedCalls = Counter()
  let failedCalls = Counter()

  init(
    loop: RPCEventLoop, methods: MethodTable, configuration: RPCServerConfiguration,
    loopCount: Int, server: ServerState
  ) {
    self.loop = loop
    timerLimits = ConnectionTimers.Limits(configuration.limits)
    pingLimits = PingStrikes.Limits(configuration.limits)
    handlersMax = max(1, configuration.limits.handlers / max(1, loopCount))
    requestTimeout = ConnectionTimers.Limits.nanoseconds(configuration.limits.requestTimeout)
    inputShare = ConnectionTimers.Limits.nanoseconds(configuration.limits.inputShare)
    handlers = HandlerPool(loop: loop)
    self.methods = methods
    limits = configuration.limits
    http2Limits = configuration.limits.http2
    responseEncoding = configuration.responseEncoding
    security = configuration.transportSecurity
    self.server = server
  }

  func add(_ connection: ServerConnection) {
    connection.listIndex = connections.count
    connections.append(connection)
    if !isTickScheduled { scheduleTick() }
  }

  func remove(_ connection: ServerConnection) {
    let index = connection.listIndex
    guard index >= 0, index < connections.count else { return }
    let last = connections.removeLast()
    if last !== connection {
      connections[index] = last
      last.listIndex = index
    }
    connection.listIndex = -1
  }

  /// A second, or a quarter of the shortest time-out.
  private var tickInterval: Duration {
    let times = [
      limits.handshakeTimeout, limits.writeStallTimeout, limits.requestTimeout,
      limits.keepaliveInterval, limits.keepaliveTimeout, limits.idleTimeout, limits.connectionAge,
      limits.connectionAgeGrace,
    ]
    let shortest = times.compactMap { $0 }.min() ?? .seconds(4)
    return max(.milliseconds(5), min(.seconds(1), shortest / 4))
  }

  /// Looks after time-outs while there are connections. Those that come and go within a tick share
  /// it.
  private func scheduleTick() {
    isTickScheduled = true
    let interval = TimeAmount.nanoseconds(tickInterval.nanosecondsClamped)
    loop.eventLoop.scheduleTask(in: interval) {
      self.isTickScheduled = false
      let now = self.loop.now
      for connection in self.connections { connection.tick(at: now) }
      self.loop.runTurn()
      if !self.connections.isEmpty, !self.isTickScheduled { self.scheduleTick() }
    }
  }
}

/// What all loops of a server share.
final class ServerState: Sendable {
  private struct Waiting {
    var connections = 0
    var byAddress: [String: Int] = [:]
    var drained: CheckedContinuation<Void, Never>?
  }

  /// False: no socket is read.
  let isReading = Atomic<Bool>(true)
  let isShuttingDown = Atomic<Bool>(false)
  private let waiting = Mutex(Waiting())

  var connections: Int { waiting.withLock { $0.connections } }

  /// Counts a new connection; false when there are too many, of all or from this address (nil: a
  /// Unix socket, whose clients are not told apart).
  func connectionOpened(from address: String?, _ limits: ServerLimits) -> Bool {
    waiting.withLock { waiting in
      guard waiting.connections < limits.connections else { return false }
      if let address {
        let others = waiting.byAddress[address] ?? 0
        guard others < limits.connectionsPerAddress else { return false }
        waiting.byAddress[address] = others + 1
      }
      waiting.connections += 1
      return true
    }
  }

  func connectionClosed(from address: String?) {
    let drained = waiting.withLock { waiting in
      waiting.connections -= 1
      if let address, let count = waiting.byAddress[address] {
        waiting.byAddress[address] = count > 1 ? count - 1 : nil
      }
      guard waiting.connections == 0 else { return CheckedContinuation<Void, Never>?.none }
      defer { waiting.drained = nil }
      return waiting.drained
    }
    drained?.resume()
  }

  /// Returns when there is no connection. For one caller.
  func waitUntilDrained() async {
    await withCheckedContinuation { continuation in
      let isDrained = waiting.withLock { waiting in
        if waiting.connections > 0 { waiting.drained = continuation }
        return waiting.connections == 0
      }
      if isDrained { continuation.resume() }
    }
  }
}
