internal import NIOCore

/// How sockets are read and written, on both sides.
enum SocketOptions {
  /// Each connection keeps its last buffer: small while it has little to say, larger as it fills
  /// them.
  static let receiveAllocator = AdaptiveRecvByteBufferAllocator(
    minimum: 2 << 10, initial: 2 << 10, maximum: 64 << 10)
  static let writeWaterMark = ChannelOptions.Types.WriteBufferWaterMark(
    low: 128 << 10, high: 512 << 10)
}
