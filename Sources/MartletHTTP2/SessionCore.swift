internal import CNGHTTP2

/// What server and client sessions share: one nghttp2 session, its streams, and the notes that its
/// callbacks take.
///
/// The C callbacks only write down what happened (on the stream, and in `ready`); the owner acts
/// after `receive` returns, because acting on a session from within its own callbacks is not safe.
/// Not thread safe: one owner.
final class SessionCore {
  @exclusivity(unchecked) private(set) var session: OpaquePointer?
  let limits: HTTP2Limits
  /// What the library's blocks come from; must outlive the session.
  private let memory: HTTP2Memory

  /// The streams that the library knows, and those whose close has not been handed out. Both lists
  /// own one reference to each of their streams, which moves between them uncounted; the library
  /// and `ready` hold unretained pointers. Deleting a session calls no close callback, so this list
  /// is what keeps a disconnect from leaking.
  @exclusivity(unchecked) private var openList: ContiguousArray<Unmanaged<HTTP2Stream>> = []
  @exclusivity(unchecked) private var freeList: ContiguousArray<Unmanaged<HTTP2Stream>> = []
  @exclusivity(unchecked) private var ready: ContiguousArray<Unmanaged<HTTP2Stream>> = []
  @exclusivity(unchecked) private var isDelivering = false
  @exclusivity(unchecked) var notices: [HTTP2Notice] = []
  /// The stream that the last frame was about: frames of one stream come in runs.
  /// Unretained: `openStreams` holds it, and it is cleared when the stream closes.
  @exclusivity(unchecked) private var lastStream: Unmanaged<HTTP2Stream>?
  @exclusivity(unchecked) private var lastStreamID: Int32 = -1
  /// Streams that are open, without those whose close has not been handed out.
  @exclusivity(unchecked) private(set) var openCount = 0

  // Flow control of the connection.
  @exclusivity(unchecked) private var withheld = 0
  @exclusivity(unchecked) private var unreadBytes = 0

  /// Bytes of payload that wait to be sent, over all streams, as of their last use.
  @exclusivity(unchecked) private(set) var outgoingBytes = 0
  /// HEADERS or DATA were sent since somebody cleared this.
  @exclusivity(unchecked) var hasSentPayload = false

  // Output of the drain that is going on.
  @exclusivity(unchecked) var outputStart: UnsafeMutableRawPointer?
  @exclusivity(unchecked) var outputCapacity = 0
  @exclusivity(unchecked) var outputUsed = 0
  private let overflow = ByteQueue()

  // Guards.
  @exclusivity(unchecked) var bucket: TokenBucket
  @exclusivity(unchecked) var now: UInt64 = 0
  /// Only a server's peer opens streams.
  @exclusivity(unchecked) var streamIDs: StreamIDGuard?
  /// WINDOW_UPDATE frames that are free, because data was sent that calls for them.
  @exclusivity(unchecked) var windowUpdateAllowance = 1_000
  @exclusivity(unchecked) private(set) var isTerminated = false
  /// Streams that get a RST_STREAM after their last frame.
  @exclusivity(unchecked) var awaitedResets = 0
  /// A header block has begun and is not complete.
  @exclusivity(unchecked) var isInHeaderBlock = false

  init(limits: HTTP2Limits, memory: HTTP2Memory) {
    self.limits = limits
    self.memory = memory
    bucket = TokenBucket(burst: limits.idleFrameBurst, perSecond: limits.idleFramesPerSecond)
  }

  deinit {
    nghttp2_session_del(session)
    for stream in openList { stream.release() }
    for stream in freeList { stream.release() }
    overflow.deallocate()
  }

  /// Makes the library's session. Separate from `init`, because the library keeps a pointer to this
  /// object.
  func open(
    _ make: (
      _ session: UnsafeMutablePointer<OpaquePointer?>, _ userData: UnsafeMutableRawPointer,
      _ options: OpaquePointer?, _ memory: UnsafeMutablePointer<nghttp2_mem>
    ) -> Int32
  ) throws(HTTP2SessionFailure) {
    var options: OpaquePointer?
    nghttp2_option_new(&options)
    defer { nghttp2_option_del(options) }
    nghttp2_option_set_no_auto_window_update(options, 1)
    nghttp2_option_set_no_closed_streams(options, 1)
    nghttp2_option_set_max_settings(options, limits.settingsEntries)
    nghttp2_option_set_max_continuations(options, limits.continuations)
    nghttp2_option_set_stream_reset_rate_limit(
      options, limits.resetBurst, limits.resetsPerSecond)
    nghttp2_option_set_peer_max_concurrent_streams(options, 100)
    // Unknown frame types reach a callback only if they are announced as extensions.
    for type in UInt8(10)...255 { nghttp2_option_set_user_recv_extension_type(options, type) }
    try check(make(&session, Unmanaged.passUnretained(self).toOpaque(), options, memory.table))
  }

  func check(_ code: Int32) throws(HTTP2SessionFailure) {
    if code < 0 {
      throw HTTP2SessionFailure(
        libraryCode: Int(code), message: String(cString: nghttp2_strerror(code)))
    }
  }

  // MARK: Streams

  func addStream(id: Int32) -> Unmanaged<HTTP2Stream> {
    let stream = freeList.popLast() ?? Unmanaged.passRetained(HTTP2Stream())
    stream._withUnsafeGuaranteedRef {
      $0.id = id
      $0.openIndex = openList.count
    }
    openList.append(stream)
    openCount &+= 1
    lastStream = stream
    lastStreamID = id
    return stream
  }

  /// The stream with this id, if it is open. Each frame of nghttp2 names its stream by number only.
  @inline(__always)
  func withStream(_ id: Int32, _ body: (HTTP2Stream) -> Void) {
    if let lastStream, lastStreamID == id { return lastStream._withUnsafeGuaranteedRef(body) }
    guard let pointer = nghttp2_session_get_stream_user_data(session, id) else { return }
    let stream = Unmanaged<HTTP2Stream>.fromOpaque(pointer)
    lastStream = stream
    lastStreamID = id
    stream._withUnsafeGuaranteedRef(body)
  }

  func streamClosed(_ stream: HTTP2Stream, code: UInt32) {
    guard !stream.isClosed else { return }
    stream.isClosed = true
    stream.isRemoteClosed = true
    stream.closeCode = HTTP2ErrorCode(rawValue: code)
    isInHeaderBlock = false
    stream.outgoing.reset()
    countOutgoing(of: stream)
    if stream.resetsAfterEnd { awaitedResets &-= 1 }
    lastStream = nil
    openCount &-= 1
    note(stream, .closed)
  }

  /// Takes a closed stream off the list. It lives on during `body`; then it is kept for reuse, if
  /// `body` said so.
  private func forget(_ stream: HTTP2Stream, during body: () -> Void) {
    let index = stream.openIndex
    guard index >= 0, index < openList.count else { return body() }
    stream.openIndex = -1
    let taken = openList[index]
    let last = openList.removeLast()
    if index < openList.count {
      openList[index] = last
      last._withUnsafeGuaranteedRef { $0.openIndex = index }
    }
    body()
    if stream.isKept {
      stream.isKept = false
      freeList.append(taken)
    } else {
      taken.release()
    }
  }

  /// Lets go of the streams that are kept for reuse, and of what they own.
  func dropFreeStreams() {
    for stream in freeList {
      stream._withUnsafeGuaranteedRef { $0.owner = nil }
      stream.release()
    }
    freeList.removeAll()
  }

  /// Ends every open stream at once, because the connection is gone.
  func closeAllStreams(code: HTTP2ErrorCode) {
    forEachOpen { streamClosed($0, code: code.rawValue) }
  }

  /// Keeps a closed stream and its owner to be used again, after its close has been handed out, or
  /// parts the two, which may hold each other. The caller must hold no other reference that it
  /// would use.
  func recycle(_ stream: HTTP2Stream) {
    guard stream.isClosed else { return }
    consume(stream, stream.unconsumed)
    if freeList.count < 256, stream.pending.isEmpty, stream.isKept == false {
      stream.prepareForReuse()
      stream.isKept = true
    } else {
      stream.owner = nil
    }
  }

  /// Calls `body` with each open stream; none may be added meanwhile.
  func forEachOpen(_ body: (HTTP2Stream) -> Void) {
    for stream in openList {
      stream._withUnsafeGuaranteedRef { if !$0.isClosed { body($0) } }
    }
  }

  // MARK: Notes

  @inline(__always)
  func note(_ stream: HTTP2Stream, _ event: HTTP2StreamEvents) {
    if stream.pending.isEmpty { ready.append(Unmanaged.passUnretained(stream)) }
    stream.pending.insert(event)
  }

  /// Hands out what happened, stream by stream in the order of the first event. More may be added
  /// while it runs.
  func forEachReady(_ body: (HTTP2Stream, HTTP2StreamEvents) -> Void) {
    guard !isDelivering, !ready.isEmpty else { return }
    isDelivering = true
    var index = 0
    while index < ready.count {
      ready[index]._withUnsafeGuaranteedRef { stream in
        let events = stream.pending
        stream.pending = .none
        if events.contains(.closed) {
          forget(stream, during: { body(stream, events) })
        } else {
          body(stream, events)
        }
      }
      index &+= 1
    }
    ready.removeAll(keepingCapacity: true)
    isDelivering = false
  }

  /// Takes back a stream that never reached the library.
  func abandon(_ stream: HTTP2Stream) {
    stream.isClosed = true
    lastStream = nil
    openCount &-= 1
    forget(stream, during: {})
  }

  // MARK: Input and flow control

  func receive(_ bytes: UnsafeRawBufferPointer, at now: UInt64) throws(HTTP2SessionFailure) {
    self.now = now
    let taken = nghttp2_session_mem_recv(
      session, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
    if taken < 0 { try check(Int32(truncatingIfNeeded: taken)) }
    grantConnectionWindow()
  }

  @inline(__always)
  func received(_ data: UnsafeRawBufferPointer, on stream: HTTP2Stream) {
    stream.received.append(data)
    stream.unconsumed &+= data.count
    unreadBytes &+= data.count
    withheld &+= data.count
    note(stream, .data)
  }

  /// Bytes that belong to no stream any more.
  func receivedForNobody(_ byteCount: Int) { withheld &+= byteCount }

  /// The owner took `byteCount` bytes of the stream: the peer may send as many more.
  func consume(_ stream: HTTP2Stream, _ byteCount: Int) {
    let taken = min(byteCount, stream.unconsumed)
    guard taken > 0 else { return }
    stream.unconsumed &-= taken
    unreadBytes &-= taken
    if !stream.isRemoteClosed { nghttp2_session_consume_stream(session, stream.id, taken) }
  }

  /// Gives the connection's window back on arrival, so that one stream whose reader has stopped
  /// cannot block the others; only above `unreadBytesMax` does it wait for the readers.
  func grantConnectionWindow() {
    let keep = min(withheld, max(0, unreadBytes &- limits.unreadBytesMax))
    let grant = withheld &- keep
    guard grant > 0 else { return }
    withheld = keep
    nghttp2_session_consume_connection(session, grant)
  }

  /// Bytes that the connection's windows have left.
  var windows: HTTP2Windows {
    HTTP2Windows(
      sendBytes: Int(nghttp2_session_get_remote_window_size(session)),
      receiveBytes: Int(nghttp2_session_get_local_window_size(session)))
  }

  // MARK: Output

  /// Fills `region` with frames; returns how many bytes. More may wait if less than
  /// `HTTP2Output.frameBytesMax` stayed free.
  func drain(into region: UnsafeMutableRawBufferPointer) -> Int {
    outputStart = region.baseAddress
    outputCapacity = region.count
    outputUsed = 0
    defer { outputStart = nil }
    guard let start = region.baseAddress else { return 0 }
    if !overflow.isEmpty {
      let taken = min(overflow.count, region.count)
      region.copyMemory(from: UnsafeRawBufferPointer(rebasing: overflow.readable[..<taken]))
      overflow.discard(taken)
      outputUsed = taken
    }
    while outputCapacity &- outputUsed >= HTTP2Output.frameBytesMax {
      var frame: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(session, &frame)
      guard count > 0, let frame else { break }
      let fits = min(count, outputCapacity &- outputUsed)
      (start + outputUsed).copyMemory(from: frame, byteCount: fits)
      outputUsed &+= fits
      if fits < count {
        overflow.append(UnsafeRawBufferPointer(start: frame + fits, count: count - fits))
        break
      }
    }
    return outputUsed
  }

  var hasOutput: Bool { !overflow.isEmpty || nghttp2_session_want_write(session) != 0 }

  /// The library neither expects nor has anything more: the only sign that the connection may be
  /// closed.
  var isFinished: Bool {
    overflow.isEmpty && nghttp2_session_want_read(session) == 0
      && nghttp2_session_want_write(session) == 0
  }

  /// Brings the sum of what waits up to date with one stream.
  @inline(__always)
  func countOutgoing(of stream: HTTP2Stream) {
    let waiting = stream.outgoing.count
    outgoingBytes &+= waiting &- stream.countedOutgoing
    stream.countedOutgoing = waiting
  }

  // MARK: Verbs

  /// Tells the library that there is new payload, or the end of it.
  func resume(_ stream: HTTP2Stream) {
    countOutgoing(of: stream)
    guard stream.isDeferred, !stream.isClosed else { return }
    if case .trailers(let fields) = stream.ending, stream.outgoing.isEmpty {
      // Nothing but trailers is left: no need for an empty DATA frame before them.
      submitTrailers(fields, of: stream)
      return
    }
    stream.isDeferred = false
    nghttp2_session_resume_data(session, stream.id)
  }

  func submitTrailers(_ fields: HeaderFields, of stream: HTTP2Stream) {
    stream.ending = .submitted
    _ = fields.withFields { nghttp2_submit_trailer(session, stream.id, $0, $1) }
  }

  func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
    guard !stream.isClosed, !stream.wasResetHere else { return }
    stream.wasResetHere = true
    stream.ending = .submitted
    nghttp2_submit_rst_stream(session, flags(NGHTTP2_FLAG_NONE), stream.id, code.rawValue)
  }

  /// Ends the connection after a last GOAWAY.
  func terminate(_ code: HTTP2ErrorCode) {
    guard !isTerminated else { return }
    isTerminated = true
    nghttp2_session_terminate_session(session, code.rawValue)
  }

  /// Charges the flood bucket; terminates the session when it is empty.
  func chargeIdleFrame() {
    if !bucket.take(at: now) { terminate(.enhanceYourCalm) }
  }

  func submitSettings(_ extra: [(nghttp2_settings_id, UInt32)]) {
    var entries =
      [
        (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, UInt32(limits.streamWindow)),
        (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, UInt32(limits.headerListSize)),
      ] + extra
    entries.sort { $0.0.rawValue < $1.0.rawValue }
    let table = entries.map {
      nghttp2_settings_entry(settings_id: Int32($0.0.rawValue), value: $0.1)
    }
    nghttp2_submit_settings(session, flags(NGHTTP2_FLAG_NONE), table, table.count)
    nghttp2_session_set_local_window_size(
      session, flags(NGHTTP2_FLAG_NONE), 0, limits.connectionWindow)
  }
}

@inline(__always)
func flags(_ flag: nghttp2_flag) -> UInt8 { UInt8(truncatingIfNeeded: flag.rawValue) }

/// Facts about draining output.
package enum HTTP2Output {
  /// The largest frame that is sent, with its header: a region to drain into should be several
  /// times this.
  package static let frameBytesMax = (16 << 10) + 64
}

/// Something that happened to the whole connection.
package enum HTTP2Notice: Equatable, Sendable {
  /// The peer answered our PING.
  case pingAcknowledged(UInt64)
  /// The peer sent a PING, which has been answered.
  case pingReceived
  /// The peer's first SETTINGS came: the connection is usable.
  case settingsReceived
  /// The peer takes no streams above this id.
  case goAway(lastStreamID: Int32, code: HTTP2ErrorCode, debugData: String)
}
