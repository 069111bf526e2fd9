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

  @exclusivity(unchecked) private var context: ChannelHandlerContext?
  @exclusivity(unchecked) private var isDirty = false
  @exclusivity(unchecked) private var isReadHeld = false
  @exclusivity(unchecked) private var isClosing = false
  @exclusivity(unchecked) private var runningHandlers = 0
  @exclusivity(unchecked) private(set) var peer = "unknown"

  // Times, on the loop's clock; 0: nothing is awaited.
  @exclusivity(unchecked) private var openedAt: UInt64 = 0
  @exclusivity(unchecked) private var hasSettings = false
  @exclusivity(unchecked) private var headerBlockSince: UInt64 = 0
  @exclusivity(unchecked) private var stalledSince: UInt64 = 0
  @exclusivity(unchecked) private var shutdownSince: UInt64 = 0
  @exclusivity(unchecked) private var hasRefusedStreams = false

  private static let shutdownPing: UInt64 = 0x4D61_7274_6C65_7401

  init(serverLoop: ServerLoop) throws {
    self.serverLoop = serverLoop
    session = try HTTP2ServerSession(
      limits: serverLoop.http2Limits, memory: serverLoop.loop.http2Memory)
  }

  // MARK: Channel

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    openedAt = serverLoop.loop.now
    peer = Self.describe(context.remoteAddress)
    serverLoop.add(self)
    if serverLoop.server.isShuttingDown.load(ordering: .relaxed) { beginShutdown() }
    setDirty()
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    let loop = serverLoop.loop
    loop.duringTurn {
      isClosing = true
      session.closeAllStreams()
      deliver()
      session.dropFreeStreams()
      serverLoop.remove(self)
      self.context = nil
    }
    loop.runTurn()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    let loop = serverLoop.loop
    loop.duringTurn {
      receive(buffer, at: loop.now)
      setDirty()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    serverLoop.loop.runTurn()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      stalledSince = 0
      setDirty()
      // What the client makes us send is bounded by not reading while it does not take it.
      releaseRead()
    } else {
      stalledSince = serverLoop.loop.now
    }
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
    serverLoop.server.isReading.load(ordering: .relaxed) && context.channel.isWritable
  }

  /// Reads again, if reading was put off and nothing stands against it any more.
  func releaseRead() {
    guard isReadHeld, let context, mayRead(context) else { return }
    isReadHeld = false
    context.read()
  }

  // MARK: Input

  private func receive(_ buffer: ByteBuffer, at now: UInt64) {
    guard !isClosing else { return }
    do {
      try buffer.withUnsafeReadableBytes { try session.receive($0, at: now) }
    } catch {
      isClosing = true
    }
    deliver()
    for notice in session.takeNotices() { handle(notice) }
    headerBlockSince =
      session.isInHeaderBlock ? (headerBlockSince == 0 ? now : headerBlockSince) : 0
  }

  private func handle(_ notice: HTTP2Notice) {
    switch notice {
    case .settingsReceived: hasSettings = true
    case .pingAcknowledged(Self.shutdownPing): refuseNewStreams()
    case .pingAcknowledged, .goAway: break
    }
  }

  private func deliver() {
    session.forEachReady { stream, events in
      handle(stream, events)
      if events.contains(.closed) { recycle(stream) }
    }
  }

  @inline(__always)
  private func handle(_ stream: HTTP2Stream, _ events: HTTP2StreamEvents) {
    if events.contains(.headers) { open(stream) }
    guard stream.isOwned else { return handleOwnerless(stream, events) }
    _ = stream.withOwner(ServerCall.self) { call in
      if events.contains(.data) { call.dataArrived() }
      if events.contains(.end) { call.requestEnded() }
      if events.contains(.headers), !call.hasSingleRequest { call.start() }
      if events.contains(.drained) { call.outputDrained() }
      if events.contains(.closed) {
        call.streamClosed()
        stream.isOwned = false
      }
    }
  }

  /// Stream and call can be used again if nobody may still ask the call for its metadata.
  private func recycle(_ stream: HTTP2Stream) {
    guard stream.owner != nil else { return session.recycle(stream) }
    let isIdle = stream.withOwner(ServerCall.self) { !$0.hasRunningHandler }
    if !isClosing, isIdle == true, stream.isOwnerUnique() {
      session.recycle(stream)
    } else {
      stream.owner = nil
    }
  }

  private func handleOwnerless(_ stream: HTTP2Stream, _ events: HTTP2StreamEvents) {
    if events.contains(.data), !events.contains(.closed) {
      stream.received.reset()
      session.consume(stream, stream.unconsumed)
    }
  }

  // MARK: New calls

  private func open(_ stream: HTTP2Stream) {
    let request = RequestHead(stream.headers, methods: serverLoop.methods)
    if let refusal = refusal(of: request, stream) {
      serverLoop.failedCalls.add(1)
      session.respond(stream, onlyHeaders: refusal)
      return
    }
    guard let method = request.method, runningHandlers < serverLoop.limits.handlersPerConnection
    else {
      serverLoop.failedCalls.add(1)
      session.reset(stream, .refusedStream)
      return
    }
    var deadline: UInt64 = 0
    if request.timeout > 0 { deadline = serverLoop.loop.now &+ request.timeout }
    if stream.owner == nil { stream.owner = ServerCall(connection: self, stream: stream) }
    stream.isOwned = true
    stream.withOwner(ServerCall.self) { call in
      call.begin(method, deadline: deadline)
      call.answersProto = request.isProtoSubtype
      call.assembler.encoding = request.encoding
      if deadline > 0 { serverLoop.loop.addDeadline(call, at: deadline) }
    }
  }

  /// The whole answer to a request that reaches no handler; nil: it may go on.
  private func refusal(of request: RequestHead, _ stream: HTTP2Stream) -> HeaderFields? {
    if !request.isPost { return .table(WireHeaders.methodNotAllowed) }
    if !request.isGRPC { return .table(WireHeaders.unsupportedMediaType) }
    let status: RPCStatus
    if stream.isHeaderListTooLarge {
      status = RPCStatus(code: .resourceExhausted, message: "the header list is too large")
    } else if request.method == nil {
      status = serverLoop.methods.explainMissing(RequestHead.path(in: stream.headers))
    } else if request.hasMalformedTimeout {
      status = RPCStatus(code: .internalError, message: "grpc-timeout is malformed")
    } else if request.hasMalformedBytes {
      status = RPCStatus(code: .internalError, message: "a -bin field is not base64")
    } else if request.hasTimeout, request.timeout == 0 {
      status = RPCStatus(code: .deadlineExceeded, message: "the deadline passed")
    } else {
      return nil
    }
    var list = HeaderList([(":status", "200"), ("content-type", "application/grpc")])
    WireHeaders.append(status, metadata: [:], to: &list)
    return .list(list)
  }

  func handlerStarted(of method: ServerMethod) {
    runningHandlers &+= 1
    serverLoop.startedCalls.add(1)
    serverLoop.activeCalls.add(1)
    if !method.descriptor.kind.hasSingleResponse { serverLoop.parkedStreams.add(1) }
  }

  func handlerEnded(of method: ServerMethod) {
    runningHandlers &-= 1
    serverLoop.finishedCalls.add(1)
    serverLoop.activeCalls.add(-1)
    if !method.descriptor.kind.hasSingleResponse { serverLoop.parkedStreams.add(-1) }
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
  }

  private func close(_ context: ChannelHandlerContext) {
    isClosing = true
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
      context.close(promise: nil)
    }
  }

  // MARK: Times and the end

  /// Once a second.
  func tick(at now: UInt64) {
    guard let context else { return }
    let limits = serverLoop.limits
    let isLate =
      !hasSettings && Self.hasPassed(limits.handshakeTimeout, since: openedAt, at: now)
      || Self.hasPassed(limits.handshakeTimeout, since: headerBlockSince, at: now)
      || Self.hasPassed(limits.writeStallTimeout, since: stalledSince, at: now)
    if isLate {
      context.close(promise: nil)
    } else if Self.hasPassed(.seconds(5), since: shutdownSince, at: now) {
      refuseNewStreams()
    }
  }

  private static func hasPassed(_ time: Duration, since start: UInt64, at now: UInt64) -> Bool {
    guard start > 0, now > start else { return false }
    return Duration.nanoseconds(Int64(clamping: now - start)) >= time
  }

  /// First step of a graceful end; the second follows when the client has seen the first.
  func beginShutdown() {
    guard shutdownSince == 0, context != nil else { return }
    shutdownSince = serverLoop.loop.now
    session.announceShutdown()
    session.ping(Self.shutdownPing)
    setDirty()
  }

  private func refuseNewStreams() {
    guard !hasRefusedStreams else { return }
    hasRefusedStreams = true
    session.refuseNewStreams()
    setDirty()
  }

  /// Ends all calls with UNAVAILABLE and closes.
  func endCalls() {
    session.forEachOpen { $0.isOwned ? ($0.owner as? ServerCall)?.shutDown() : () }
    session.terminate(.noError)
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
