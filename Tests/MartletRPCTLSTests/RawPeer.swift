import Glibc

/// A socket to a port of the loopback that sends what a test wants.
final class RawPeer: Sendable {
  private let descriptor: Int32

  struct ConnectFailed: Error {}

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw ConnectFailed() }
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) { _ = write(descriptor, bytes, bytes.count) }

  /// All that comes until the other side ends the connection.
  func readToEnd() async -> [UInt8] {
    await BlockingThread.run { [self] in
      var all: [UInt8] = []
      var part = [UInt8](repeating: 0, count: 4096)
      while case let count = read(descriptor, &part, part.count), count > 0 {
        all += part[..<count]
      }
      return all
    }
  }
}

/// A port of the loopback on which nobody answers.
final class SilentServer: Sendable {
  private let descriptor: Int32
  let port: Int

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isListening else { throw RawPeer.ConnectFailed() }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit { close(descriptor) }
}
