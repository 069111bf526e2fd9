internal import CNGHTTP2

/// The server's side of one HTTP/2 connection: bytes in, events out, frames drained as one buffer.
/// Knows no sockets, no clock and no threads; one owner uses it.
///
/// Round: `receive` the bytes of a read; `forEachReady` and act (`respond`, `resume`, `reset`);
/// `drain` what there is to send; when `isFinished`, close the socket.
package final class HTTP2ServerSession {
  private let core: SessionCore

  /// Sessions on one thread should share one `memory`.
  package init(
    limits: HTTP2Limits = HTTP2Limits(), memory: HTTP2Memory = HTTP2Memory()
  ) throws(HTTP2SessionFailure) {
    core = SessionCore(limits: limits, memory: memory)
    core.streamIDs = StreamIDGuard()
    try core.open { session, userData, options, memory in
      nghttp2_session_server_new3(session, Self.callbacks.table, userData, options, memory)
    }
    core.submitSettings([
      (NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.concurrentStreams),
      (NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
    ])
  }

  // MARK: In

  /// Feeds what the peer sent. `now`: nanoseconds of a clock that never goes back. After an error,
  /// drain and close.
  package func receive(_ bytes: UnsafeRawBufferPointer, at now: UInt64) throws(HTTP2SessionFailure)
  {
    try core.receive(bytes, at: now)
  }

  /// Calls `body` for each stream to which something happened.
  package func forEachReady(_ body: (HTTP2Stream, HTTP2StreamEvents) -> Void) {
    core.forEachReady(body)
  }

  /// What happened to the connection since the last call.
  package func takeNotices() -> [HTTP2Notice] {
    guard !core.notices.isEmpty else { return [] }
    defer { core.notices.removeAll() }
    return core.notices
  }

  // MARK: Out

  /// Fills `region` (at least `HTTP2Output.frameBytesMax`) with frames and returns the number of
  /// bytes.
  package func drain(into region: UnsafeMutableRawBufferPointer) -> Int {
    core.grantConnectionWindow()
    return core.drain(into: region)
  }

  package var hasOutput: Bool { core.hasOutput }

  /// Nothing is expected and nothing is left to send: close the socket.
  package var isFinished: Bool { core.isFinished }

  /// Streams that are open now.
  package var openStreamCount: Int { core.openCount }

  /// Bytes that the connection's windows have left.
  package var windows: HTTP2Windows { core.windows }

  /// Bytes of responses that wait to be sent, over all streams.
  package var outgoingBytes: Int { core.outgoingBytes }

  /// HEADERS or DATA were sent since the last call.
  package func takeHasSentPayload() -> Bool {
    defer { core.hasSentPayload = false }
    return core.hasSentPayload
  }

  /// A header block has begun and not ended: should not stay so for long.
  package var isInHeaderBlock: Bool { core.isInHeaderBlock }

  // MARK: Verbs on a stream; all do nothing once it is closed

  /// Answers with a header block; then what is in the stream's `outgoing` follows. Once per stream.
  package func respond(_ stream: HTTP2Stream, headers: HeaderFields) {
    guard !stream.isClosed else { return }
    core.countOutgoing(of: stream)
    var provider = nghttp2_data_provider()
    provider.source.ptr = Unmanaged.passUnretained(stream).toOpaque()
    provider.read_callback = SessionCallbacks.read
    _ = headers.withFields {
      nghttp2_submit_response(core.session, stream.id, $0, $1, &provider)
    }
  }

  /// Answers with a header block, what is in `outgoing`, and trailers: all that there will be.
  package func respond(
    _ stream: HTTP2Stream, headers: StaticHeaderTable, trailers: StaticHeaderTable
  ) {
    guard !stream.isClosed else { return }
    core.countOutgoing(of: stream)
    stream.ending = .trailers(.table(trailers))
    markResetAfterEnd(stream)
    var provider = nghttp2_data_provider()
    provider.source.ptr = Unmanaged.passUnretained(stream).toOpaque()
    provider.read_callback = SessionCallbacks.read
    nghttp2_submit_response(core.session, stream.id, headers.fields, headers.count, &provider)
  }

  /// Answers with a header block that is the whole response.
  package func respond(_ stream: HTTP2Stream, onlyHeaders headers: HeaderFields) {
    guard !stream.isClosed else { return }
    stream.ending = .submitted
    markResetAfterEnd(stream)
    _ = headers.withFields { nghttp2_submit_response(core.session, stream.id, $0, $1, nil) }
  }

  /// Sends `trailers` after everything that waits in `outgoing`.
  package func finish(_ stream: HTTP2Stream, trailers: HeaderFields) {
    guard !stream.isClosed, case .open = stream.ending else { return }
    stream.ending = .trailers(trailers)
    markResetAfterEnd(stream)
    core.resume(stream)
  }

  /// Tells the session that `outgoing` has new bytes.
  package func resume(_ stream: HTTP2Stream) { core.resume(stream) }

  package func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) { core.reset(stream, code) }

  /// The owner took bytes off `received`: lets the peer send as many more.
  package func consume(_ stream: HTTP2Stream, _ byteCount: Int) { core.consume(stream, byteCount) }

  /// Gives a closed stream back for reuse; nobody may use it afterwards.
  package func recycle(_ stream: HTTP2Stream) { core.recycle(stream) }

  // MARK: Verbs on the connection

  package func forEachOpen(_ body: (HTTP2Stream) -> Void) {
    core.forEachOpen(body)
  }

  /// Ends all streams because the connection is gone; hand out the events once more after it.
  package func closeAllStreams() { core.closeAllStreams(code: .cancel) }

  /// Lets go of closed streams kept for reuse, and of what they own. The last call on a session.
  package func dropFreeStreams() { core.dropFreeStreams() }

  /// First step of a graceful end: asks for no new streams, but still takes those on their way.
  package func announceShutdown() { nghttp2_submit_shutdown_notice(core.session) }

  /// Second step: no stream after the last one seen will be processed; those open go on.
  package func refuseNewStreams(_ code: HTTP2ErrorCode = .noError, debugData: String = "") {
    let last = nghttp2_session_get_last_proc_stream_id(core.session)
    let debug = Array(debugData.utf8)
    nghttp2_submit_goaway(
      core.session, flags(NGHTTP2_FLAG_NONE), last, code.rawValue, debug, debug.count)
  }

  package func ping(_ opaque: UInt64) {
    withUnsafeBytes(of: opaque) { bytes in
      _ = nghttp2_submit_ping(
        core.session, flags(NGHTTP2_FLAG_NONE),
        bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
    }
  }

  /// Sends GOAWAY and ends the connection.
  package func terminate(_ code: HTTP2ErrorCode) { core.terminate(code) }

  /// A response that is complete before its request must tell the peer to stop sending (RFC 9113
  /// §8.1).
  private func markResetAfterEnd(_ stream: HTTP2Stream) {
    guard !stream.isRemoteClosed, !stream.resetsAfterEnd else { return }
    stream.resetsAfterEnd = true
    core.awaitedResets &+= 1
  }
}

extension HTTP2ServerSession {
  private final class CallbackTable: Sendable {
    /// Unsafe in name only: nghttp2 reads the table and never changes it.
    nonisolated(unsafe) let table: OpaquePointer?
    init(_ table: OpaquePointer?) { self.table = table }
  }

  private static let callbacks = CallbackTable(
    SessionCallbacks.makeTable { table in
      nghttp2_session_callbacks_set_on_begin_headers_callback(table, beginHeaders)
      nghttp2_session_callbacks_set_on_frame_recv_callback(table, frameReceived)
      nghttp2_session_callbacks_set_on_frame_send_callback(table, frameSent)
    })

  private static let beginHeaders: nghttp2_on_begin_headers_callback = { session, frame, userData in
    guard let frame else { return 0 }
    return SessionCallbacks.withCore(userData) { core in
      let id = frame.pointee.hd.stream_id
      if frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST {
        nghttp2_session_set_stream_user_data(session, id, core.addStream(id: id).toOpaque())
      } else {
        core.withStream(id) { $0.receivedFinalHeaders = true }
      }
      return 0
    }
  }

  private static let frameReceived: nghttp2_on_frame_recv_callback = { _, frame, userData in
    guard let frame else { return 0 }
    return SessionCallbacks.withCore(userData) { core in
      received(frame, in: core)
      return 0
    }
  }

  @inline(__always)
  private static func received(_ frame: UnsafePointer<nghttp2_frame>, in core: SessionCore) {
    let header = frame.pointee.hd
    switch UInt32(header.type) {
    case NGHTTP2_DATA.rawValue, NGHTTP2_HEADERS.rawValue:
      core.withStream(header.stream_id) { stream in
        var events = HTTP2StreamEvents.none
        if UInt32(header.type) == NGHTTP2_HEADERS.rawValue {
          core.isInHeaderBlock = false
          if frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST { events = .headers }
        }
        if header.flags & flags(NGHTTP2_FLAG_END_STREAM) != 0 {
          stream.isRemoteClosed = true
          events.insert(.end)
        }
        if !events.isEmpty { core.note(stream, events) }
      }
    case NGHTTP2_RST_STREAM.rawValue:
      core.withStream(header.stream_id) { $0.wasResetByPeer = true }
    default:
      SessionCallbacks.noteConnectionFrame(frame.pointee, in: core)
    }
  }

  private static let frameSent: nghttp2_on_frame_send_callback = { _, frame, userData in
    // The same bit of other frames says something else: an answer to a PING is no payload.
    guard let header = frame?.pointee.hd, header.flags & flags(NGHTTP2_FLAG_END_STREAM) != 0,
      UInt32(header.type) <= NGHTTP2_HEADERS.rawValue
    else { return 0 }
    return SessionCallbacks.withCore(userData) { core in
      core.hasSentPayload = true
      guard core.awaitedResets > 0 else { return 0 }
      core.withStream(header.stream_id) { stream in
        guard stream.resetsAfterEnd else { return }
        stream.resetsAfterEnd = false
        core.awaitedResets &-= 1
        if !stream.isRemoteClosed { core.reset(stream, .noError) }
      }
      return 0
    }
  }
}
