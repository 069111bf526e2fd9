import Dispatch
import Glibc
import MartletHTTP2

/// A client that sends exactly what a test wants, over a blocking socket.
final class RawClient {
  struct Answer: Sendable {
    var fields: [String: String] = [:]
    var closeCode = HTTP2ErrorCode.noError
    var goAway: HTTP2ErrorCode?
  }

  private let descriptor: Int32
  private let session: HTTP2ClientSession

  init(port: Int) throws {
    session = try HTTP2ClientSession()
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

  /// Runs `body` with a connected client on a thread of its own, since it blocks.
  static func run<Result: Sendable>(
    port: Int, _ body: @escaping @Sendable (RawClient) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue(label: "raw client").async {
        continuation.resume(with: Swift.Result { try body(RawClient(port: port)) })
      }
    }
  }

  static func headers(
    path: String = "/test.Service/Echo", method: String = "POST",
    contentType: String? = "application/grpc", _ more: [(String, String)] = []
  ) -> HeaderList {
    var list = HeaderList([
      (":method", method), (":scheme", "http"), (":path", path), (":authority", "x"),
    ])
    if let contentType { list.append("content-type", contentType) }
    for (name, value) in more { list.append(name, value) }
    return list
  }

  /// Sends a request and returns the answer, headers and trailers together.
  func call(_ headers: HeaderList, _ body: [UInt8], isComplete: Bool = true) throws -> Answer {
    guard let stream = session.request(headers: headers, isComplete: isComplete) else {
      throw ConnectFailed()
    }
    body.withUnsafeBytes { stream.outgoing.append($0) }
    var answer = Answer()
    var isOver = false
    while !isOver {
      try flush()
      guard try receive() else { break }
      session.forEachReady { ready, events in
        if ready === stream, !events.isDisjoint(with: [.end, .closed]) { isOver = true }
      }
      for case .goAway(_, let code, _) in session.takeNotices() { answer.goAway = code }
    }
    for block in [stream.headers, stream.trailers] {
      block.visit { name, value in
        answer.fields[String(decoding: name, as: UTF8.self)] = String(
          decoding: value, as: UTF8.self)
      }
    }
    answer.closeCode = stream.closeCode
    return answer
  }

  /// Sends bytes as they are and reads until the server closes.
  func sendUntilClosed(_ bytes: [UInt8]) throws -> HTTP2ErrorCode? {
    try flush()
    bytes.withUnsafeBytes { _ = send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    while try receive() {}
    for case .goAway(_, let code, _) in session.takeNotices() { return code }
    return nil
  }

  private func flush() throws {
    var region = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = region.withUnsafeMutableBytes { session.drain(into: $0) }
      if count == 0 { return }
      let sent = region.withUnsafeBytes {
        send(descriptor, $0.baseAddress, count, Int32(MSG_NOSIGNAL))
      }
      guard sent == count else { return }
    }
  }

  private func receive() throws -> Bool {
    var region = [UInt8](repeating: 0, count: 64 << 10)
    let count = region.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return false }
    try region[..<count].withUnsafeBytes { try session.receive($0, at: 1) }
    return true
  }

  struct ConnectFailed: Error {}
}
