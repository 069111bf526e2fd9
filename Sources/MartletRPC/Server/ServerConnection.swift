internal import MartletHTTP2
internal import NIOCore
internal import Synchronization

/// One connection of a server: moves bytes between its socket and its HTTP/2 session, and turns
/// what happens to streams into calls.
///
/// `@unchecked Sendable`: touched on its loop only.
@usableFromInline
final class ServerConnection: ChannelDuplexHandler, TurnFlushable, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let serverLoop: ServerLoop
  let session: HTTP2ServerSession
  /// The place in the list of the loop's connections; −1: in none.
  @exclusivity(unchecked) var listIndex = -1

  @exclusivity(unchecked) private(set) var context: ChannelHandlerContext?
  @exclusivity(unchecked) private var isDirty = false
  @exclusivity(unchecked) private var isReadHeld = false
  @exclusivity(unchecked) var isClosing = false
  @exclusivity(unchecked) private var isLingering = false
  @exclusivity(unchecked) var runningHandlers = 0
  /// Bytes of requests that have come in part.
  @exclusivity(unchecked) var partialRequestBytes = 0
  @exclusivity(unchecked) private(set) var peer: String
  @exclusivity(unchecked) private(set) var peerCertificate: PeerCertificate?
  /// What is written stays here until the two sides have agreed on how it is protected.
  @exclusivity(unchecked) private var isHandshaking: Bool

  @exclusivity(unchecked) var timers: ConnectionTimers
  let id = InspectionID.next()
  @exclusivity(unchecked) var counters = ConnectionCounters()
  @exclusivity(unchecked) var strikes = PingStrikes()
  /// What was read and waits for its turn.
  @exclusivity(unchecked) var backlog = ByteBuffer()
  /// When the others on the loop are to have theirs; 0: nothing has been read in this one.
  @exclusivity(unchecked) var shareEndsAt: UInt64 = 0

  static let shutdownPing: UInt64 = 0x4D61_7274_6C65_7401

  /// `peer`: nil if its address says it.
  init(serverLoop: ServerLoop, peer: String?, hasHandshake: Bool) throws {
    self.serverLoop = serverLoop
    self.peer = peer ?? ""
    isHandshaking = hasHandshake
    timers = ConnectionTimers(
      openedAt: serverLoop.loop.now, serverLoop.timerLimits, chance: .random(in: 0...1))
    session = try HTTP2ServerSession(
      limits: serverLoop.http2Limits, memory: serverLoop.loop.http2Memory)
  }

  // MARK: Channel

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    if peer.isEmpty { peer = Self.describe(context.remoteAddress) }
    serverLoop.add(self)
    if serverLoop.server.isShuttingDown.load(ordering: .relaxed) { beginShutdown() }
    setDirty()
    context.fireChannelActive()
  }

  /// The two ends; nil once closed.
  var localAddress: SocketAddress? { context?.localAddress }
  var remoteAddress: SocketAddress? { context?.remoteAddress }

  func channelInactive(context: ChannelHandlerContext) {
    let loop = serverLoop.loop
    loop.duringTurn {
      isClosing = true
      backlog = ByteBuffer()
      session.closeAllStreams()
      deliver()
      session.dropFreeStreams()
      serverLoop.remove(self)
      self.context = nil
    }
    loop.runTurn()
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let ready = event as? SecureTransportReady {
      isHandshaking = false
      peerCertificate = ready.peerCertificate
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    let loop = serverLoop.loop
    loop.duringTurn {
      receive(buffer)
      setDirty()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    shareEndsAt = 0
    serverLoop.loop.runTurn()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    timers.becameWritable(context.channel.isWritable, at: serverLoop.loop.now)
    guard context.channel.isWritable else { return }
    setDirty()
    // What the client makes us send is bounded by not reading while it does not take it.
    releaseRead()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func read(context: ChannelHandlerContext) {
    if mayRead(context) {
      context.read()
    } else {
      isReadHeld = true
    }
  }

  private func mayRead(_ context: ChannelHandlerContext) -> Bool {
    guard !isLingering else { return true }
    return backlog.readableBytes == 0 && context.channel.isWritable
      && serverLoop.server.isReading.load(ordering: .relaxed)
  }

  /// Reads again, if reading was put off and nothing stands against it any more.
  func releaseRead() {
    guard isReadHeld, let context, mayRead(context) else { return }
    isReadHeld = false
    context.read()
  }

  // MARK: Output

  @inline(__always)
  func setDirty() {
    guard !isDirty else { return }
    isDirty = true
    serverLoop.loop.markDirty(self)
  }

  func flushTurn() {
    isDirty = false
    guard let context else { return }
    writeOutput(context)
    deliver()
    if isClosing || session.isFinished { close(context) }
  }

  private func writeOutput(_ context: ChannelHandlerContext) {
    let hasWritten = serverLoop.loop.writeOutput(of: session, to: context)
    if hasWritten { context.flush() }
    counters.outputWritten(at: serverLoop.loop.now)
  }

  /// Ends the output, and takes and forgets what still comes until the client ends, too: closing
  /// with input unread would make the system throw away output that the client has not read, the
  /// reason for the end among it.
  private func close(_ context: ChannelHandlerContext) {
    isClosing = true
    guard !isLingering else { return }
    isLingering = true
    guard !isHandshaking else { return context.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
      self.timers.outputEnded(at: self.serverLoop.loop.now)
      context.close(mode: .output, promise: nil)
      self.releaseRead()
    }
  }

  // MARK: Times and the end

  /// Now and then.
  func tick(at now: UInt64) {
    guard let context else { return }
    if isReadHeld {
      // What we do not read cannot be late.
      timers.received(at: now, isInHeaderBlock: false)
    } else {
      endSlowRequests(at: now)
    }
    switch timers.tick(at: now, openStreams: session.openStreamCount, serverLoop.timerLimits) {
    case .nothing: break
    case .close: context.close(promise: nil)
    case .ping: sendPing(now)
    case .announceEnd: announceEnd()
    case .refuseStreams(let reason): refuse(reason)
    case .endCalls: endCalls()
    }
  }

  private func endSlowRequests(at now: UInt64) {
    let limit = serverLoop.requestTimeout
    session.forEachOpen { stream in
      guard stream.isOwned else { return }
      _ = stream.withOwner(ServerCall.self) { $0.checkRequest(at: now, limit: limit) }
    }
  }

  /// First step of a graceful end; the second follows when the client has seen the first.
  func beginShutdown() {
    guard context != nil, timers.beginEnd(at: serverLoop.loop.now) else { return }
    announceEnd()
  }

  private func announceEnd() {
    session.announceShutdown()
    sendPing(Self.shutdownPing)
  }

  private func sendPing(_ opaque: UInt64) {
    session.ping(opaque)
    counters.pingsSent &+= 1
    setDirty()
  }

  func refuseNewStreams() {
    if timers.beginRefusing() { refuse(timers.reason) }
  }

  private func refuse(_ reason: String) {
    session.refuseNewStreams(debugData: reason)
    setDirty()
  }

  /// Ends all calls with UNAVAILABLE and closes.
  func endCalls() {
    session.forEachOpen { $0.isOwned ? ($0.owner as? ServerCall)?.shutDown() : () }
    session.refuseNewStreams(debugData: timers.reason)
    isClosing = true
    setDirty()
  }

  private static func describe(_ address: SocketAddress?) -> String {
    guard let address else { return "unix:" }
    switch address {
    case .v4: return "ipv4:\(address.ipAddress ?? "?"):\(address.port ?? 0)"
    case .v6: return "ipv6:[\(address.ipAddress ?? "?")]:\(address.port ?? 0)"
    case .unixDomainSocket: return "unix:\(address.pathname ?? "")"
    }
  }
}
