internal import CNGHTTP2

/// The callbacks that server and client sessions have in common. Each only notes what happened.
enum SessionCallbacks {
  /// Never freed: one table for the process and role.
  static func makeTable(adding extra: (OpaquePointer?) -> Void) -> OpaquePointer? {
    var table: OpaquePointer?
    nghttp2_session_callbacks_new(&table)
    nghttp2_session_callbacks_set_on_begin_frame_callback(table, beginFrame)
    nghttp2_session_callbacks_set_on_header_callback(table, header)
    nghttp2_session_callbacks_set_on_invalid_header_callback(table, invalidHeader)
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, dataChunk)
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(table, invalidFrame)
    nghttp2_session_callbacks_set_on_stream_close_callback(table, streamClose)
    nghttp2_session_callbacks_set_send_data_callback(table, sendData)
    nghttp2_session_callbacks_set_unpack_extension_callback(table, unpackExtension)
    extra(table)
    return table
  }

  /// The session that a callback belongs to, without counting a reference. Returns what a callback
  /// returns.
  @inline(__always)
  static func withCore(
    _ userData: UnsafeMutableRawPointer?, _ body: (SessionCore) -> Int32
  ) -> Int32 {
    guard let userData else { return 0 }
    return Unmanaged<SessionCore>.fromOpaque(userData)._withUnsafeGuaranteedRef(body)
  }

  static let beginFrame: nghttp2_on_begin_frame_callback = { _, frame, userData in
    guard let frame else { return 0 }
    return withCore(userData) { core in
      switch UInt32(frame.pointee.type) {
      case NGHTTP2_DATA.rawValue:
        if frame.pointee.length == 0, frame.pointee.flags & flags(NGHTTP2_FLAG_END_STREAM) == 0 {
          core.chargeIdleFrame()
        }
      case NGHTTP2_HEADERS.rawValue:
        core.isInHeaderBlock = true
        switch core.streamIDs?.headers(on: frame.pointee.stream_id) {
        case nil, .allowed: break
        case .skipped: core.chargeIdleFrame()
        case .stale: core.terminate(.protocolError)
        }
      case NGHTTP2_WINDOW_UPDATE.rawValue:
        if core.windowUpdateAllowance > 0 {
          core.windowUpdateAllowance &-= 1
        } else {
          core.chargeIdleFrame()
        }
      case NGHTTP2_RST_STREAM.rawValue, NGHTTP2_GOAWAY.rawValue, NGHTTP2_CONTINUATION.rawValue:
        break  // They have limits of their own.
      default:
        core.chargeIdleFrame()
      }
      return 0
    }
  }

  static let header: nghttp2_on_header_callback = {
    _, frame, name, nameCount, value, valueCount, _, userData in
    guard let frame, let name, let value else { return 0 }
    return withCore(userData) { core in
      var result: Int32 = 0
      core.withStream(frame.pointee.hd.stream_id) { stream in
        let block = stream.receivedFinalHeaders ? stream.trailers : stream.headers
        let size = block.listSize &+ nameCount &+ valueCount &+ 32
        if size <= core.limits.headerListSize, block.fieldCount < core.limits.headerFields {
          block.append(name, nameCount, value, valueCount)
          return
        }
        stream.isHeaderListTooLarge = true
        block.count(nameBytes: nameCount, valueBytes: valueCount)
        let isHopeless =
          size > 4 * core.limits.headerListSize || block.fieldCount > 4 * core.limits.headerFields
        if isHopeless { result = NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue }
      }
      return result
    }
  }

  /// A field whose value has bytes that HTTP does not allow is left out; it is no reason to fail.
  static let invalidHeader: nghttp2_on_invalid_header_callback = { _, _, _, _, _, _, _, _ in 0 }

  static let dataChunk: nghttp2_on_data_chunk_recv_callback = { _, _, id, data, count, userData in
    withCore(userData) { core in
      var isTaken = false
      core.withStream(id) { stream in
        guard !stream.wasResetHere else { return }
        core.received(UnsafeRawBufferPointer(start: data, count: count), on: stream)
        isTaken = true
      }
      if !isTaken { core.receivedForNobody(count) }
      return 0
    }
  }

  static let invalidFrame: nghttp2_on_invalid_frame_recv_callback = { _, _, _, userData in
    withCore(userData) { core in
      core.chargeIdleFrame()
      return 0
    }
  }

  /// Must return 0 whatever happens (CVE-2023-35945).
  static let streamClose: nghttp2_on_stream_close_callback = { _, id, code, userData in
    withCore(userData) { core in
      core.withStream(id) { stream in
        // The library reset the stream by itself: the peer made it (MadeYouReset, CVE-2025-8671).
        if code != 0, !stream.wasResetByPeer, !stream.wasResetHere { core.chargeIdleFrame() }
        core.streamClosed(stream, code: code)
      }
      return 0
    }
  }

  static let unpackExtension: nghttp2_unpack_extension_callback = { _, _, _, _ in
    NGHTTP2_ERR_CANCEL.rawValue
  }

  /// The library asks how much payload the next DATA frame can have; `sendData` then writes it.
  static let read: nghttp2_data_source_read_callback = {
    _, _, _, length, dataFlags, source, userData in
    guard let source, let pointer = source.pointee.ptr, let dataFlags else {
      return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
    }
    let result = withCore(userData) { core in
      Unmanaged<HTTP2Stream>.fromOpaque(pointer)._withUnsafeGuaranteedRef { stream in
        nextFrame(of: stream, length, &dataFlags.pointee, core)
      }
    }
    return Int(result)
  }

  @inline(__always)
  private static func nextFrame(
    of stream: HTTP2Stream, _ length: Int, _ dataFlags: inout UInt32, _ core: SessionCore
  ) -> Int32 {
    let waiting = stream.outgoing.count
    let count = min(waiting, length)
    if count > 0 { dataFlags |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue }
    guard count == waiting else { return Int32(truncatingIfNeeded: count) }
    switch stream.ending {
    case .open:
      if count == 0 {
        stream.isDeferred = true
        return NGHTTP2_ERR_DEFERRED.rawValue
      }
    case .endOfStream:
      stream.ending = .submitted
      dataFlags |= NGHTTP2_DATA_FLAG_EOF.rawValue
    case .trailers(let fields):
      dataFlags |= NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
      core.submitTrailers(fields, of: stream)
    case .submitted:
      dataFlags |= NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
    }
    return Int32(truncatingIfNeeded: count)
  }

  /// Writes a whole DATA frame straight from the stream's queue into the output.
  static let sendData: nghttp2_send_data_callback = {
    _, _, frameHeader, length, source, userData in
    guard let source, let pointer = source.pointee.ptr, let frameHeader else {
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
    return withCore(userData) { core in
      Unmanaged<HTTP2Stream>.fromOpaque(pointer)._withUnsafeGuaranteedRef { stream in
        writeFrame(of: stream, frameHeader, length, core)
      }
    }
  }

  @inline(__always)
  private static func writeFrame(
    of stream: HTTP2Stream, _ header: UnsafePointer<UInt8>, _ length: Int, _ core: SessionCore
  ) -> Int32 {
    guard let output = core.outputStart, core.outputCapacity &- core.outputUsed >= length &+ 9
    else { return NGHTTP2_ERR_WOULDBLOCK.rawValue }
    let payload = stream.outgoing.readable
    guard let source = payload.baseAddress, payload.count >= length else {
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
    let start = output + core.outputUsed
    start.copyMemory(from: header, byteCount: 9)
    (start + 9).copyMemory(from: source, byteCount: length)
    core.outputUsed &+= length &+ 9
    stream.outgoing.discard(length)
    core.countOutgoing(of: stream)
    core.hasSentPayload = true
    core.windowUpdateAllowance = min(100_000, core.windowUpdateAllowance &+ 4)
    if payload.count &- length <= stream.drainMark {
      stream.drainMark = -1
      core.note(stream, .drained)
    }
    return 0
  }

  /// What both roles note about frames that concern the connection.
  static func noteConnectionFrame(_ frame: nghttp2_frame, in core: SessionCore) {
    let isAck = frame.hd.flags & flags(NGHTTP2_FLAG_ACK) != 0
    switch UInt32(frame.hd.type) {
    case NGHTTP2_PING.rawValue:
      guard isAck else {
        core.notices.append(.pingReceived)
        return
      }
      let opaque = withUnsafeBytes(of: frame.ping.opaque_data) {
        $0.loadUnaligned(as: UInt64.self)
      }
      core.notices.append(.pingAcknowledged(opaque))
    case NGHTTP2_SETTINGS.rawValue:
      if !isAck { core.notices.append(.settingsReceived) }
    case NGHTTP2_GOAWAY.rawValue:
      let goAway = frame.goaway
      let debug = UnsafeBufferPointer(
        start: goAway.opaque_data, count: min(256, goAway.opaque_data_len))
      core.notices.append(
        .goAway(
          lastStreamID: goAway.last_stream_id, code: HTTP2ErrorCode(rawValue: goAway.error_code),
          debugData: String(decoding: debug, as: UTF8.self)))
    default:
      break
    }
  }
}
