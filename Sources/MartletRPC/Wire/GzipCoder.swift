internal import CZlib

/// Compresses and decompresses whole messages in zlib's gzip form.
///
/// Every message stands alone: the states (some 300 KiB once both have been used) are reset in
/// between, so nothing of one message shows in the size of another. For one user at a time.
final class GzipCoder {
  /// A gzip header and trailer around a window of 32 KiB.
  private static let windowBits: Int32 = 15 + 16

  // zlib's states point back at these structs, which must not move.
  private var deflater: UnsafeMutablePointer<z_stream>?
  private var inflater: UnsafeMutablePointer<z_stream>?

  deinit {
    if let deflater {
      deflateEnd(deflater)
      deflater.deallocate()
    }
    if let inflater {
      inflateEnd(inflater)
      inflater.deallocate()
    }
  }

  /// The compressed form; nil when it would be no shorter.
  func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let state = readyDeflater() else { return nil }
    Self.setInput(bytes, of: state)
    var isComplete = false
    let packed = [UInt8](unsafeUninitializedCapacity: bytes.count) { output, filled in
      Self.setOutput(UnsafeMutableRawBufferPointer(output), of: state)
      isComplete = deflate(state, Z_FINISH) == Z_STREAM_END
      filled = output.count - Int(state.pointee.avail_out)
    }
    return isComplete && packed.count < bytes.count ? packed : nil
  }

  /// The message that was compressed. Never makes more than `limit` bytes of it, however much it
  /// claims to be: beyond that it fails with RESOURCE_EXHAUSTED, and with INTERNAL if it is not
  /// gzip.
  func decompress(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(RPCStatus) -> [UInt8] {
    guard let state = readyInflater() else { throw Self.malformed }
    Self.setInput(bytes, of: state)
    var message: [UInt8] = []
    while true {
      let room = max(1_024, min(message.count, limit) + bytes.count)
      let result = Self.inflateMore(
        state, adding: min(room, limit + 1 - message.count), to: &message)
      guard message.count <= limit else {
        throw RPCStatus(
          code: .resourceExhausted,
          message: "the decompressed message is larger than the limit of \(limit) bytes")
      }
      switch result {
      case Z_STREAM_END:
        // A gzip file may have several members, one after the other.
        guard state.pointee.avail_in > 0 else { return message }
        inflateReset(state)
      case Z_OK where state.pointee.avail_out == 0 || state.pointee.avail_in > 0: break
      default: throw Self.malformed
      }
    }
  }

  private static let malformed = RPCStatus(
    code: .internalError, message: "the compressed message is not gzip")

  private static func inflateMore(
    _ state: UnsafeMutablePointer<z_stream>, adding room: Int, to message: inout [UInt8]
  ) -> Int32 {
    var result = Z_OK
    let part = [UInt8](unsafeUninitializedCapacity: room) { output, filled in
      setOutput(UnsafeMutableRawBufferPointer(output), of: state)
      result = inflate(state, Z_NO_FLUSH)
      filled = output.count - Int(state.pointee.avail_out)
    }
    if message.isEmpty { message = part } else { message += part }
    return result
  }

  // MARK: States

  private func readyDeflater() -> UnsafeMutablePointer<z_stream>? {
    if let deflater { return deflateReset(deflater) == Z_OK ? deflater : nil }
    deflater = Self.makeState {
      deflateInit2_(
        $0, Z_BEST_SPEED, Z_DEFLATED, Self.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size))
    }
    return deflater
  }

  private func readyInflater() -> UnsafeMutablePointer<z_stream>? {
    if let inflater { return inflateReset(inflater) == Z_OK ? inflater : nil }
    inflater = Self.makeState {
      inflateInit2_($0, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    }
    return inflater
  }

  private static func makeState(
    _ open: (UnsafeMutablePointer<z_stream>) -> Int32
  ) -> UnsafeMutablePointer<z_stream>? {
    let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    state.initialize(to: z_stream())
    guard open(state) == Z_OK else {
      state.deallocate()
      return nil
    }
    return state
  }

  private static func setInput(
    _ bytes: UnsafeRawBufferPointer, of state: UnsafeMutablePointer<z_stream>
  ) {
    state.pointee.next_in = UnsafeMutablePointer(
      mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
    state.pointee.avail_in = UInt32(clamping: bytes.count)
  }

  private static func setOutput(
    _ room: UnsafeMutableRawBufferPointer, of state: UnsafeMutablePointer<z_stream>
  ) {
    state.pointee.next_out = room.assumingMemoryBound(to: UInt8.self).baseAddress
    state.pointee.avail_out = UInt32(clamping: room.count)
  }
}
