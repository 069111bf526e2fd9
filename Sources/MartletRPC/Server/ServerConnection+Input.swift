internal import MartletHTTP2
internal import NIOCore

/// What comes on a connection: looked at in slices, so that no client keeps the others on the loop
/// waiting by what it makes the server do.
extension ServerConnection {
  /// Bytes that are looked at between two looks at the clock.
  private static let sliceBytes = 4 << 10
  /// The least time that the loop can wait for, in which it serves the others.
  private static let pause = TimeAmount.microseconds(50)

  /// Bytes came.
  func receive(_ buffer: ByteBuffer) {
    if backlog.readableBytes == 0 {
      take(buffer)
    } else {
      backlog.writeImmutableBuffer(buffer)
    }
  }

  /// Looks at the bytes, or puts off those for which there is no time in this turn.
  private func take(_ buffer: ByteBuffer) {
    var now = serverLoop.loop.now
    if shareEndsAt == 0 { shareEndsAt = now &+ serverLoop.inputShare }
    let taken = buffer.withUnsafeReadableBytes { bytes in
      var taken = 0
      while !isClosing {
        let end = min(taken &+ Self.sliceBytes, bytes.count)
        receive(UnsafeRawBufferPointer(rebasing: bytes[taken..<end]), at: now)
        taken = end
        guard taken < bytes.count else { break }
        now = serverLoop.loop.now
        if now >= shareEndsAt { break }
      }
      return taken
    }
    guard taken < buffer.readableBytes, !isClosing else { return }
    backlog = buffer
    backlog.moveReaderIndex(forwardBy: taken)
    serverLoop.loop.eventLoop.scheduleTask(in: Self.pause) { self.takeBacklog() }
  }

  /// Goes on with what was put off.
  private func takeBacklog() {
    guard context != nil else { return }
    let loop = serverLoop.loop
    loop.duringTurn {
      var rest = ByteBuffer()
      swap(&rest, &backlog)
      take(rest)
      shareEndsAt = 0
      setDirty()
      releaseRead()
    }
    loop.runTurn()
  }

  private func receive(_ bytes: UnsafeRawBufferPointer, at now: UInt64) {
    counters.lastReadAt = now
    do {
      try session.receive(bytes, at: now)
    } catch {
      isClosing = true
    }
    deliver()
    for notice in session.takeNotices() { handle(notice, at: now) }
    timers.received(at: now, isInHeaderBlock: session.isInHeaderBlock)
  }

  private func handle(_ notice: HTTP2Notice, at now: UInt64) {
    switch notice {
    case .settingsReceived: timers.settingsReceived()
    case .pingReceived: pingReceived(at: now)
    case .pingAcknowledged(Self.shutdownPing): refuseNewStreams()
    case .pingAcknowledged, .goAway: break
    }
  }

  private func pingReceived(at now: UInt64) {
    let isAllowed = strikes.isPingAllowed(
      at: now, hasCalls: session.openStreamCount > 0, hasSentSince: session.takeHasSentPayload(),
      serverLoop.pingLimits)
    guard !isAllowed, !isClosing else { return }
    session.refuseNewStreams(.enhanceYourCalm, debugData: "too_many_pings")
    isClosing = true
  }

  func deliver() {
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
    guard stream.hasOwner else { return session.recycle(stream) }
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
}
