internal import NIOCore

/// How sockets are read and written, on both sides.
enum SocketOptions {
  static let receiveAllocator = FixedSizeRecvByteBufferAllocator(capacity: 64 << 10)
  static let writeWaterMark = ChannelOptions.Types.WriteBufferWaterMark(
    low: 128 << 10, high: 512 << 10)
}
