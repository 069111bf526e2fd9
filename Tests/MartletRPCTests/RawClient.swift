import Glibc
import MartletHTTP2

/// A client that sends exactly what a test wants, over a blocking socket on a thread of its own.
final class RawClient {
  struct Answer: Sendable {
    var fields: [String: String] = [:]
    /// The payload of all DATA frames.
    var body: [UInt8] = []
    var closeCode = HTTP2ErrorCode.noError
    /// The server sent RST_STREAM.
    var wasReset = false
    var goAway: HTTP2ErrorCode?
  }

  private let descriptor: Int32
  let session: HTTP2ClientSession
  /// What the connection was told, in order.
  private(set) var notices: [HTTP2Notice] = []
  /// A stream that the test comes back to.
  var requests: HTTP2Stream?
  /// All bytes that came.
  private(set) var received: [UInt8] = []
  /// Streams that were ended without the session's knowledge.
  private var endedByHand: Set<Int32> = []

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
    guard result == 0 else {
      close(descriptor)
      throw ConnectFailed()
    }
    // A test that waits for what does not come fails instead of hanging.
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Runs `body` with a connected client on a thread of its own, since it blocks.
  static func run<Result: Sendable>(
    port: Int, _ body: @escaping @Sendable (RawClient) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      BlockingThread.run {
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

  // MARK: Calls

  /// Sends a request and returns the answer, headers and trailers together.
  func call(_ headers: HeaderList, _ body: [UInt8], isComplete: Bool = true) throws -> Answer {
    try answer(to: begin(headers, body, isComplete: isComplete))
  }

  /// Sends a request, or the beginning of one.
  func begin(
    _ headers: HeaderList, _ body: [UInt8] = [], isComplete: Bool = false
  ) throws -> HTTP2Stream {
    guard let stream = session.request(headers: headers, isComplete: isComplete) else {
      throw ConnectFailed()
    }
    body.withUnsafeBytes { stream.outgoing.append($0) }
    try flush()
    return stream
  }

  /// Sends a request that is nothing but a header block with END_STREAM.
  func beginWithoutBody(_ headers: HeaderList) throws -> HTTP2Stream {
    try flush()
    guard let stream = session.request(headers: headers, isComplete: true) else {
      throw ConnectFailed()
    }
    var region = [UInt8](repeating: 0, count: 64 << 10)
    let count = region.withUnsafeMutableBytes { session.drain(into: $0) }
    // HEADERS, then an empty DATA frame: only the former goes out, with the flag of the latter.
    region[4] |= 1
    send(Array(region[..<(count - 9)]))
    endedByHand.insert(stream.id)
    return stream
  }

  /// Sends a frame that the session has not made.
  func sendFrame(_ type: UInt8, flags: UInt8 = 0, on stream: HTTP2Stream?, _ payload: [UInt8]) {
    let id = UInt32(stream?.id ?? 0).bigEndian
    if let stream, type < 2, flags & 1 != 0 { endedByHand.insert(stream.id) }
    var frame = withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0.dropFirst()) }
    frame += [type, flags]
    frame += withUnsafeBytes(of: id) { Array($0) }
    send(frame + payload)
  }

  /// Header fields as HPACK literals that nobody remembers.
  static func literals(_ fields: [(String, String)]) -> [UInt8] {
    var block: [UInt8] = []
    for (name, value) in fields {
      block += [0, UInt8(name.utf8.count)]
      block += Array(name.utf8)
      block += [UInt8(value.utf8.count)]
      block += Array(value.utf8)
    }
    return block
  }

  /// Reads until the stream has been answered or the connection is closed.
  func answer(to stream: HTTP2Stream) throws -> Answer {
    while !stream.isClosed {
      let hasEnded = stream.isLocalEnded || endedByHand.contains(stream.id)
      if stream.isRemoteClosed, hasEnded { break }
      guard try pump() else { break }
    }
    var answer = Answer()
    for block in [stream.headers, stream.trailers] {
      block.visit { name, value in
        answer.fields[String(decoding: name, as: UTF8.self)] = String(
          decoding: value, as: UTF8.self)
      }
    }
    answer.body = Array(stream.received.readable)
    answer.closeCode = stream.closeCode
    answer.wasReset = stream.wasResetByPeer
    answer.goAway = goAway
    return answer
  }

  /// The code of the last GOAWAY.
  var goAway: HTTP2ErrorCode? {
    notices.reversed().lazy.compactMap { notice in
      if case .goAway(_, let code, _) = notice { code } else { nil }
    }.first
  }

  // MARK: Bytes

  /// Sends bytes as they are and reads until the server closes.
  func sendUntilClosed(_ bytes: [UInt8]) throws -> HTTP2ErrorCode? {
    try flush()
    send(bytes)
    return try readUntilClosed()
  }

  /// The code of the last GOAWAY before the server closed.
  func readUntilClosed() throws -> HTTP2ErrorCode? {
    while try pump() {}
    return goAway
  }

  /// Reads and answers nothing until the server closes: true. False: it does not.
  func readUntilClosedRaw() throws -> Bool {
    var region = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = region.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count == 0 { return true }
      if count < 0 { return errno == ECONNRESET }
    }
  }

  /// False: the server takes no more.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Sends what is waiting, then reads once. False: the server has closed.
  func pump() throws -> Bool {
    try flush()
    guard try receive() else { return false }
    session.forEachReady { _, _ in }
    notices += session.takeNotices()
    return true
  }

  func flush() throws {
    var region = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = region.withUnsafeMutableBytes { session.drain(into: $0) }
      if count == 0 || !send(Array(region[..<count])) { return }
    }
  }

  private func receive() throws -> Bool {
    var region = [UInt8](repeating: 0, count: 64 << 10)
    let count = region.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return false }
    received += region[..<count]
    try region[..<count].withUnsafeBytes { try session.receive($0, at: 1) }
    return true
  }

  struct ConnectFailed: Error {}
}

/// A thread for work that blocks: such work must not take one of those that run tasks.
enum BlockingThread {
  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Runs `body` on a new thread, which ends with it.
  static func run(_ body: @escaping @Sendable () -> Void) {
    let work = Unmanaged.passRetained(Work(body))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, work.toOpaque())
    if result == 0 {
      pthread_detach(thread)
    } else {
      work.takeRetainedValue().body()
    }
  }
}
