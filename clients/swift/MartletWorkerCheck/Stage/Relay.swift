internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// What the worker connects to: hands bytes on to the server behind it, and breaks connections in
/// every way that a network has.
final class Relay: Sendable {
  enum Mode: Sendable {
    case open
    /// Closes each connection at once.
    case refusing
    /// Accepts connections, but no byte passes.
    case stalled

    var isStalled: Bool { if case .stalled = self { true } else { false } }
  }

  private struct State {
    var mode = Mode.open
    /// The server's port.
    var target = 0
    /// Both ends of each connection.
    var channels: [ObjectIdentifier: any Channel] = [:]
    var onConnect: @Sendable () -> Void = {}
    var listener: (any Channel)?
  }

  private let state = Mutex(State())
  /// Where it listens.
  var port: Int { state.withLock { $0.listener?.localAddress?.port } ?? 0 }

  private init() {}

  static func open() async throws -> Relay {
    let relay = Relay()
    let group = MultiThreadedEventLoopGroup.singleton
    let listener = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { relay.accept($0) }
      .bind(host: "127.0.0.1", port: 0).get()
    relay.state.withLock { $0.listener = listener }
    return relay
  }

  func close() async {
    let listener = state.withLock { $0.listener }
    try? await listener?.close().get()
    endAll(abruptly: false)
  }

  func onConnect(_ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.onConnect = body }
  }

  func forward(to port: Int) { state.withLock { $0.target = port } }

  /// How it treats connections from now on; those that stand are stalled or go on.
  func turn(_ mode: Mode) {
    let channels = state.withLock { state in
      state.mode = mode
      return Array(state.channels.values)
    }
    for channel in channels {
      channel.setOption(.autoRead, value: !mode.isStalled).whenComplete { _ in }
    }
  }

  /// Ends all connections: with a reset if `abruptly`, else in order.
  func endAll(abruptly: Bool) {
    for channel in state.withLock({ Array($0.channels.values) }) {
      guard abruptly, let socket = channel as? any SocketOptionProvider else {
        channel.close(promise: nil)
        continue
      }
      socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
        channel.close(promise: nil)
      }
    }
  }

  // MARK: - Connections

  private func accept(_ inbound: any Channel) -> EventLoopFuture<Void> {
    let (mode, target, onConnect) = state.withLock { ($0.mode, $0.target, $0.onConnect) }
    onConnect()
    if case .refusing = mode {
      return inbound.eventLoop.makeFailedFuture(ChannelError.connectTimeout(.zero))
    }
    return ClientBootstrap(group: inbound.eventLoop)
      // The server's first bytes wait until there is somewhere to put them.
      .channelOption(.autoRead, value: false)
      .channelInitializer { self.adopt($0, partner: inbound) }
      .connect(host: "127.0.0.1", port: target)
      .flatMap { outbound in
        outbound.closeFuture.whenComplete { _ in inbound.close(promise: nil) }
        return self.adopt(inbound, partner: outbound, startsPartner: true)
      }
  }

  private func adopt(
    _ channel: any Channel, partner: any Channel, startsPartner: Bool = false
  ) -> EventLoopFuture<Void> {
    let id = ObjectIdentifier(channel)
    let mode = state.withLock { state in
      state.channels[id] = channel
      return state.mode
    }
    channel.closeFuture.whenComplete { [weak self] _ in
      self?.state.withLock { _ = $0.channels.removeValue(forKey: id) }
    }
    let added = channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHandler(
        Copier(partner: partner, startsPartner: startsPartner && !mode.isStalled))
    }
    guard mode.isStalled else { return added }
    return added.flatMap { channel.setOption(.autoRead, value: false) }
  }
}

/// Hands what it reads to the other end.
private final class Copier: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let partner: any Channel
  private let startsPartner: Bool

  init(partner: any Channel, startsPartner: Bool) {
    self.partner = partner
    self.startsPartner = startsPartner
  }

  func channelActive(context: ChannelHandlerContext) {
    if startsPartner { partner.setOption(.autoRead, value: true).whenComplete { _ in } }
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    partner.writeAndFlush(unwrapInboundIn(data), promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    partner.close(promise: nil)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
