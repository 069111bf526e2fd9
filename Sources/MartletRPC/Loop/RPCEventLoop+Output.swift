internal import MartletHTTP2
internal import NIOCore

/// What a session has to send, as frames.
protocol FrameSource: AnyObject {
  func drain(into region: UnsafeMutableRawBufferPointer) -> Int
}

extension HTTP2ServerSession: FrameSource {}
extension HTTP2ClientSession: FrameSource {}

extension RPCEventLoop {
  private static let outputBytes = 64 << 10

  /// Writes all frames of a session while the socket takes them. True: something was written and
  /// needs a flush.
  @inline(__always)
  func writeOutput(of session: some FrameSource, to context: ChannelHandlerContext) -> Bool {
    var hasWritten = false
    while context.channel.isWritable {
      var buffer = ByteBuffer()
      swap(&buffer, &outputBuffer)
      buffer.clear(minimumCapacity: Self.outputBytes)
      let capacity = buffer.writableBytes
      let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.outputBytes) {
        session.drain(into: $0)
      }
      if count > 0 {
        hasWritten = true
        context.write(NIOAny(buffer), promise: nil)
      }
      swap(&buffer, &outputBuffer)
      if count == 0 || capacity - count >= HTTP2Output.frameBytesMax { break }
      context.flush()
    }
    return hasWritten
  }
}
