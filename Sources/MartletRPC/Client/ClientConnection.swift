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
  /// The subchannel that it belongs to.
  let id: Int
  /// Of that subchannel.
  let record: SubchannelRecord
  /// For looking inside.
  let socketID = InspectionID.next()
  private let driver: ChannelDriver

  @exclusivity(unchecked) private(set) var context: ChannelHandlerContext?
  @exclusivity(unchecked) private var isDirty = false
  @exclusivity(unchecked) private var isClosing = false
  /// What is written stays here until the two sides have agreed on how it is protected.
  @exclusivity(unchecked) private(set) var isHandshaking: Bool
  /// The server has said what it allows: calls may be made.
  @exclusivity(unchecked) private(set) var isReady = false
  /// Takes no new calls: GOAWAY was received, or the channel wants it closed when its calls end.
  @exclusivity(unchecked) private(set) var isDraining = false
  /// A call was sent on it.
  @exclusivity(unchecked) private(set) var hadCalls = false
  @exclusivity(unchecked) private var failure: String?
  @exclusivity(unchecked) private var keepalive: KeepaliveTimer?
  @exclusivity(unchecked) var counters = ConnectionCounters()

  init(driver: ChannelDriver, id: Int, record: SubchannelRecord) throws {
    self.driver = driver
    self.id = id
    self.record = record
    isHandshaking = driver.configuration.transportSecurity.hasHandshake
    var limits = HTTP2Limits()
    let configuration = driver.configuration
    limits.streamWindow = Int32(
      clamping: max(65_535, min(configuration.streamWindowBytes, 1 << 30)))
    limits.connectionWindow = Int32(
      clamping: max(65_535, min(configuration.connectionWindowBytes, 1 << 30)))
    session = try HTTP2ClientSession(limits: limits, memory: driver.loop.http2Memory)
  }

  // MARK: Calls

  var security: TransportSecurity { driver.configuration.transportSecurity }

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
      driver.loop.execute { self.driver.connectionDraining(self) }
      return false
    }
    hadCalls = true
    counters.streamsStarted &+= 1
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
    setDirty()
    startKeepalive(context)
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
      record.past.add(counters)
      counters = ConnectionCounters()
      driver.connectionClosed(self, reason: failure ?? "")
    }
    loop.runTurn()
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is SecureTransportReady { isHandshaking = false }
    context.fireUserInboundEventTriggered(event)
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
    let reason = ChannelDriver.explain(error)
    failure = failure ?? "the connection to \(driver.target) failed: \(reason)"
    context.close(promise: nil)
  }

  // MARK: Input

  private func receive(_ buffer: ByteBuffer, at now: UInt64) {
    guard !isClosing else { return }
    keepalive?.received(at: now)
    counters.lastReadAt = now
    if !isReady, Self.isAlert(buffer) {
      failure = failure ?? "\(driver.target) speaks TLS"
      isClosing = true
      return
    }
    do {
      try buffer.withUnsafeReadableBytes { try session.receive($0, at: now) }
    } catch {
      failure = failure ?? "\(driver.target) broke the protocol: \(error)"
      isClosing = true
    }
    deliver()
    for notice in session.takeNotices() { handle(notice) }
  }

  /// What TLS answers to plain text; as HTTP/2 it would be a frame of 1.3 MB.
  private static func isAlert(_ buffer: ByteBuffer) -> Bool {
    buffer.readableBytesView.starts(with: [21, 3])
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
      if code == .enhanceYourCalm, debugData == "too_many_pings" { driver.slowKeepalive() }
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
        counters.streamClosed(hasEnded: stream.receivedEnd)
        stream.withOwner(ClientCall.self) { $0.detach(from: stream) }
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
    counters.requestsWritten(at: driver.loop.now)
  }

  private func close(_ context: ChannelHandlerContext) {
    isClosing = true
    guard !isHandshaking else { return context.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
      context.close(promise: nil)
    }
  }

  // MARK: Keepalive

  private func startKeepalive(_ context: ChannelHandlerContext) {
    guard let interval = driver.keepaliveInterval else { return }
    let configuration = driver.configuration
    let timer = KeepaliveTimer(
      interval: interval, timeout: configuration.keepaliveTimeout,
      withoutCalls: configuration.keepaliveWithoutCalls, at: driver.loop.now)
    keepalive = timer
    scheduleKeepalive(context, timer)
  }

  private func scheduleKeepalive(_ context: ChannelHandlerContext, _ timer: KeepaliveTimer) {
    let pause = TimeAmount.nanoseconds(Int64(clamping: timer.tickInterval))
    context.eventLoop.scheduleTask(in: pause) { [weak self] in self?.checkKeepalive() }
  }

  private func checkKeepalive() {
    guard let context, let timer = keepalive else { return }
    let now = driver.loop.now
    switch keepalive?.tick(at: now, hasCalls: session.openStreamCount > 0) {
    case .giveUp:
      failure = failure ?? "\(driver.target) does not answer"
      context.close(promise: nil)
    case .ping:
      session.ping(now)
      counters.pingsSent &+= 1
      setDirty()
      driver.loop.runTurn()
    case .nothing, nil:
      break
    }
    scheduleKeepalive(context, timer)
  }
}
