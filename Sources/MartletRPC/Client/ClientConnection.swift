internal import MartletHTTP2
internal import NIOCore

/// One connection of a channel: moves bytes between its socket and its HTTP/2 session, and turns
/// what happens to streams into what happens to calls.
///
/// `@unchecked Sendable`: touched on its loop only.
final class ClientConnection: ChannelDuplexHandler, TurnFlushable, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let session: HTTP2ClientSession
  private let driver: ChannelDriver

  @exclusivity(unchecked) private var context: ChannelHandlerContext?
  @exclusivity(unchecked) private var isDirty = false
  @exclusivity(unchecked) private var isClosing = false
  /// The server has said what it allows: calls may be made.
  @exclusivity(unchecked) private(set) var isReady = false
  /// Takes no new calls: GOAWAY was received, or the channel wants it closed when its calls end.
  @exclusivity(unchecked) private(set) var isDraining = false
  @exclusivity(unchecked) private var failure: String?
  @exclusivity(unchecked) private var lastByteAt: UInt64 = 0
  @exclusivity(unchecked) private var pingSentAt: UInt64 = 0

  init(driver: ChannelDriver) throws {
    self.driver = driver
    var limits = HTTP2Limits()
    let configuration = driver.configuration
    limits.streamWindow = Int32(
      clamping: max(65_535, min(configuration.streamWindowBytes, 1 << 30)))
    limits.connectionWindow = Int32(
      clamping: max(65_535, min(configuration.connectionWindowBytes, 1 << 30)))
    session = try HTTP2ClientSession(limits: limits, memory: driver.loop.http2Memory)
  }

  // MARK: Calls

  /// There is room for one more call.
  var hasRoom: Bool {
    isReady && !isDraining && !isClosing && session.openStreamCount < session.peerConcurrentStreams
  }

  /// Starts the call on a stream. False: this connection takes no more.
  func open(_ call: ClientCall, headers: HeaderList, adding extra: HeaderList?) -> Bool {
    guard
      let stream = session.request(
        headers: headers, adding: extra, isComplete: call.method.kind.hasSingleRequest)
    else {
      isDraining = true
      return false
    }
    call.begin(on: self, stream)
    setDirty()
    return true
  }

  /// Closes when the calls that it has are done.
  func drain() {
    isDraining = true
    if session.openStreamCount == 0 { endSession() }
  }

  /// Closes at once; calls end with UNAVAILABLE.
  func closeNow(_ reason: String) {
    failure = failure ?? reason
    endSession()
    session.closeAllStreams()
    setDirty()
  }

  private func endSession() {
    isDraining = true
    session.terminate(.noError)
    setDirty()
  }

  // MARK: Channel

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    lastByteAt = driver.loop.now
    setDirty()
    scheduleKeepalive(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    let loop = driver.loop
    loop.duringTurn {
      isClosing = true
      failure = failure ?? "the connection to \(driver.target) was lost"
      session.closeAllStreams()
      deliver()
      session.dropFreeStreams()
      self.context = nil
      driver.connectionClosed(self, reason: failure ?? "")
    }
    loop.runTurn()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    let loop = driver.loop
    loop.duringTurn {
      receive(buffer, at: loop.now)
      setDirty()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { driver.loop.runTurn() }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { setDirty() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    failure = failure ?? "the connection to \(driver.target) failed: \(error)"
    context.close(promise: nil)
  }

  // MARK: Input

  private func receive(_ buffer: ByteBuffer, at now: UInt64) {
    guard !isClosing else { return }
    lastByteAt = now
    pingSentAt = 0
    do {
      try buffer.withUnsafeReadableBytes { try session.receive($0, at: now) }
    } catch {
      failure = failure ?? "\(driver.target) broke the protocol: \(error)"
      isClosing = true
    }
    deliver()
    for notice in session.takeNotices() { handle(notice) }
  }

  private func handle(_ notice: HTTP2Notice) {
    switch notice {
    case .settingsReceived:
      if !isReady {
        isReady = true
        driver.connectionReady(self)
      } else {
        driver.roomAppeared()
      }
    case .goAway(_, let code, let debugData):
      if code != .noError { failure = failure ?? "\(driver.target) closed: \(code) \(debugData)" }
      if !isDraining {
        isDraining = true
        driver.connectionDraining(self)
      }
      if session.openStreamCount == 0 { endSession() }
    case .pingAcknowledged, .pingReceived:
      break
    }
  }

  private func deliver() {
    var hasClosedStream = false
    session.forEachReady { stream, events in
      handle(stream, events)
      if events.contains(.closed) {
        hasClosedStream = true
        stream.withOwner(ClientCall.self) { $0.detach() }
        stream.owner = nil
        session.recycle(stream)
      }
    }
    guard hasClosedStream else { return }
    if isDraining, session.openStreamCount == 0, !isClosing { endSession() }
    driver.roomAppeared()
  }

  @inline(__always)
  private func handle(_ stream: HTTP2Stream, _ events: HTTP2StreamEvents) {
    stream.withOwner(ClientCall.self) { call in
      if events.contains(.headers) { call.headersArrived() }
      if events.contains(.data) { call.dataArrived() }
      if events.contains(.end) { call.responseEnded() }
      if events.contains(.drained) { call.outputDrained() }
      if events.contains(.closed) { call.streamClosed(stream, connectionError: failure) }
    }
  }

  // MARK: Output

  @inline(__always)
  func setDirty() {
    guard !isDirty else { return }
    isDirty = true
    driver.loop.markDirty(self)
  }

  func flushTurn() {
    isDirty = false
    guard let context else { return }
    writeOutput(context)
    deliver()
    if isClosing || session.isFinished { close(context) }
  }

  private func writeOutput(_ context: ChannelHandlerContext) {
    let hasWritten = driver.loop.writeOutput(of: session, to: context)
    if hasWritten { context.flush() }
  }

  private func close(_ context: ChannelHandlerContext) {
    isClosing = true
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
      context.close(promise: nil)
    }
  }

  // MARK: Keepalive

  private func scheduleKeepalive(_ context: ChannelHandlerContext) {
    guard let interval = driver.configuration.keepaliveInterval else { return }
    let pause = max(.milliseconds(10), min(interval, driver.configuration.keepaliveTimeout))
    context.eventLoop.scheduleTask(in: .nanoseconds(pause.nanosecondsClamped)) {
      self.checkKeepalive(interval)
    }
  }

  private func checkKeepalive(_ interval: Duration) {
    guard let context else { return }
    let now = driver.loop.now
    let timeout = UInt64(clamping: driver.configuration.keepaliveTimeout.nanosecondsClamped)
    if pingSentAt > 0, now &- pingSentAt >= timeout {
      failure = failure ?? "\(driver.target) does not answer"
      context.close(promise: nil)
      return
    }
    if pingSentAt == 0, now &- lastByteAt >= UInt64(clamping: interval.nanosecondsClamped) {
      pingSentAt = now
      session.ping(now)
      setDirty()
    }
    scheduleKeepalive(context)
  }
}
