internal import CNGHTTP2

/// The client's side of one HTTP/2 connection: the counterpart of `HTTP2ServerSession`, used in the
/// same rounds.
package final class HTTP2ClientSession {
  private let core: SessionCore

  /// Sessions on one thread should share one `memory`.
  package init(
    limits: HTTP2Limits = HTTP2Limits(), memory: HTTP2Memory = HTTP2Memory()
  ) throws(HTTP2SessionFailure) {
    core = SessionCore(limits: limits, memory: memory)
    try core.open { session, userData, options, memory in
      nghttp2_session_client_new3(session, Self.callbacks.table, userData, options, memory)
    }
    core.submitSettings([(NGHTTP2_SETTINGS_ENABLE_PUSH, 0)])
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

  package var openStreamCount: Int { core.openCount }

  /// Bytes that the connection's windows have left.
  package var windows: HTTP2Windows { core.windows }

  /// How many streams the server allows at once (100 until it has said).
  package var peerConcurrentStreams: Int {
    Int(
      nghttp2_session_get_remote_settings(
        core.session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
  }

  /// False after GOAWAY, and when all stream ids are used: open another connection.
  package var allowsRequests: Bool {
    nghttp2_session_check_request_allowed(core.session) != 0
  }

  // MARK: Verbs

  /// Sends a request: the header fields, then what the stream's `outgoing` gets before the next
  /// `drain` and, unless it `isComplete`, later, until `finish`. Nil when the connection takes no
  /// more requests.
  package func request(
    headers: HeaderList, adding extra: HeaderList? = nil, isComplete: Bool
  ) -> HTTP2Stream? {
    let stream = core.addStream(id: 0)._withUnsafeGuaranteedRef { $0 }
    if isComplete { stream.ending = .endOfStream }
    var provider = nghttp2_data_provider()
    provider.source.ptr = Unmanaged.passUnretained(stream).toOpaque()
    provider.read_callback = SessionCallbacks.read
    let id = headers.withFields(adding: extra) { fields, count in
      nghttp2_submit_request(
        core.session, nil, fields, count, &provider, Unmanaged.passUnretained(stream).toOpaque())
    }
    guard id > 0 else {
      core.abandon(stream)
      return nil
    }
    stream.id = id
    return stream
  }

  /// Tells the session that `outgoing` has new bytes.
  package func resume(_ stream: HTTP2Stream) { core.resume(stream) }

  /// Ends the request after everything that waits in `outgoing`.
  package func finish(_ stream: HTTP2Stream) {
    guard !stream.isClosed, case .open = stream.ending else { return }
    stream.ending = .endOfStream
    core.resume(stream)
  }

  package func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) { core.reset(stream, code) }

  /// The owner took bytes off `received`: lets the peer send as many more.
  package func consume(_ stream: HTTP2Stream, _ byteCount: Int) { core.consume(stream, byteCount) }

  /// Gives a closed stream back for reuse; nobody may use it afterwards.
  package func recycle(_ stream: HTTP2Stream) { core.recycle(stream) }

  /// Ends all streams because the connection is gone; hand out the events once more after it.
  package func closeAllStreams() { core.closeAllStreams(code: .cancel) }

  /// Lets go of closed streams kept for reuse, and of what they own. The last call on a session.
  package func dropFreeStreams() { core.dropFreeStreams() }

  package func ping(_ opaque: UInt64) {
    withUnsafeBytes(of: opaque) { bytes in
      _ = nghttp2_submit_ping(
        core.session, flags(NGHTTP2_FLAG_NONE),
        bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
    }
  }

  /// Sends GOAWAY and ends the connection.
  package func terminate(_ code: HTTP2ErrorCode) { core.terminate(code) }
}

extension HTTP2ClientSession {
  private final class CallbackTable: Sendable {
    /// Unsafe in name only: nghttp2 reads the table and never changes it.
    nonisolated(unsafe) let table: OpaquePointer?
    init(_ table: OpaquePointer?) { self.table = table }
  }

  private static let callbacks = CallbackTable(
    SessionCallbacks.makeTable { table in
      nghttp2_session_callbacks_set_on_frame_recv_callback(table, frameReceived)
      nghttp2_session_callbacks_set_on_frame_send_callback(table, frameSent)
      nghttp2_session_callbacks_set_on_frame_not_send_callback(table, frameNotSent)
    })

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
        if UInt32(header.type) == NGHTTP2_HEADERS.rawValue {
          core.isInHeaderBlock = false
          headersComplete(stream, in: core)
        }
        if header.flags & flags(NGHTTP2_FLAG_END_STREAM) != 0 {
          stream.isRemoteClosed = true
          stream.receivedEnd = true
          core.note(stream, .end)
        }
      }
    case NGHTTP2_RST_STREAM.rawValue:
      core.withStream(header.stream_id) { $0.wasResetByPeer = true }
    default:
      SessionCallbacks.noteConnectionFrame(frame.pointee, in: core)
    }
  }

  private static func headersComplete(_ stream: HTTP2Stream, in core: SessionCore) {
    if stream.receivedFinalHeaders {
      core.note(stream, .trailers)
    } else if stream.headers.hasInformationalStatus {
      stream.headers.reset()
    } else {
      stream.receivedFinalHeaders = true
      core.note(stream, .headers)
    }
  }

  private static let frameSent: nghttp2_on_frame_send_callback = { _, frame, userData in
    guard let frame, UInt32(frame.pointee.hd.type) == NGHTTP2_HEADERS.rawValue else { return 0 }
    return SessionCallbacks.withCore(userData) { core in
      core.withStream(frame.pointee.hd.stream_id) { $0.wasSent = true }
      return 0
    }
  }

  /// A request that the library gave up before sending it (the connection is closing): never
  /// processed.
  private static let frameNotSent: nghttp2_on_frame_not_send_callback = {
    _, frame, _, userData in
    guard let frame, UInt32(frame.pointee.hd.type) == NGHTTP2_HEADERS.rawValue else { return 0 }
    let id = frame.pointee.hd.stream_id
    return SessionCallbacks.withCore(userData) { core in
      core.forEachOpen { stream in
        guard stream.id == id else { return }
        core.streamClosed(stream, code: HTTP2ErrorCode.refusedStream.rawValue)
      }
      return 0
    }
  }
}

extension HeaderBlock {
  /// `:status` is 1xx: the final response is still to come.
  var hasInformationalStatus: Bool {
    var result = false
    visit { name, value in
      if name.count == 7, name.elementsEqual(":status".utf8) {
        result = value.first == UInt8(ascii: "1")
      }
    }
    return result
  }
}
