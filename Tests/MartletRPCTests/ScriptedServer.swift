import Glibc
import MartletHTTP2
import Synchronization

/// A server that answers each complete request with what a script says, right or wrong, over
/// blocking sockets on threads of their own.
final class ScriptedServer: Sendable {
  struct Request: Sendable {
    /// From 0, over all connections.
    var number = 0
    /// From 0.
    var connection = 0
    var fields: [String: String] = [:]
    var body: [UInt8] = []
    var streamID: Int32 = 0
  }

  enum Action: Sendable {
    /// A header block, payload and trailers.
    case answer(headers: [(String, String)] = ok, [UInt8], trailers: [(String, String)])
    /// A header block that is all.
    case only([(String, String)])
    case reset(HTTP2ErrorCode)
    /// GOAWAY with the highest stream that will be answered.
    case goAway(last: Int32, HTTP2ErrorCode = .noError, debugData: String = "")
    case hangUp
    /// Leave the connection open and answer nothing any more, PINGs included.
    case stall
  }

  private enum Next { case readOn, hangUp, stall }

  static let ok = [(":status", "200"), ("content-type", "application/grpc")]
  static let fine = [("grpc-status", "0")]

  typealias Script = @Sendable (Request) -> [Action]

  private struct State {
    var connections = 0
    var requests: [Request] = []
    var descriptors: [Int32] = []
    var pings = 0
  }

  private let state = Mutex(State())
  private let listener: Int32
  private let script: Script
  /// A first connection has ended.
  let connectionEnded = Event()
  let port: Int

  var target: String { "127.0.0.1:\(port)" }
  var requests: [Request] { state.withLock { $0.requests } }
  var connections: Int { state.withLock { $0.connections } }
  /// PING frames received.
  var pings: Int { state.withLock { $0.pings } }

  init(_ script: @escaping Script) {
    self.script = script
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { [listener] pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(listener, $0, size)
        _ = listen(listener, 100)
        _ = getsockname(listener, $0, &size)
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  /// Serves while `body` runs.
  func run(_ body: (ScriptedServer) async throws -> Void) async throws {
    BlockingThread.run { self.acceptAll() }
    defer { stop() }
    try await body(self)
  }

  private func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    for descriptor in state.withLock({ $0.descriptors }) {
      shutdown(descriptor, Int32(SHUT_RDWR))
    }
  }

  private func acceptAll() {
    while true {
      let descriptor = accept(listener, nil, nil)
      guard descriptor >= 0 else { break }
      let number = state.withLock { state in
        state.descriptors.append(descriptor)
        defer { state.connections += 1 }
        return state.connections
      }
      BlockingThread.run { self.serve(descriptor, number) }
    }
    close(listener)
  }

  // MARK: One connection

  private func serve(_ descriptor: Int32, _ connection: Int) {
    defer {
      state.withLock { $0.descriptors.removeAll { $0 == descriptor } }
      close(descriptor)
      connectionEnded.happen()
    }
    guard let session = try? HTTP2ServerSession() else { return }
    var region = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      flush(session, descriptor)
      let count = region.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      guard count > 0 else { return }
      guard (try? region[..<count].withUnsafeBytes { try session.receive($0, at: 1) }) != nil
      else { return }
      let pings = session.takeNotices().filter { $0 == .pingReceived }.count
      state.withLock { $0.pings += pings }
      var next = Next.readOn
      session.forEachReady { stream, events in
        guard events.contains(.end), !stream.isClosed, next == .readOn else { return }
        next = self.answer(stream, session, descriptor, connection)
      }
      switch next {
      case .readOn: break
      case .hangUp: return
      case .stall:
        flush(session, descriptor)
        while recv(descriptor, &region, region.count, 0) > 0 {}
        return
      }
    }
  }

  private func answer(
    _ stream: HTTP2Stream, _ session: HTTP2ServerSession, _ descriptor: Int32, _ connection: Int
  ) -> Next {
    var request = Request(connection: connection, streamID: stream.id)
    stream.headers.visit { name, value in
      request.fields[String(decoding: name, as: UTF8.self)] = String(
        decoding: value, as: UTF8.self)
    }
    request.body = Array(stream.received.readable)
    request = state.withLock { state in
      var numbered = request
      numbered.number = state.requests.count
      state.requests.append(numbered)
      return numbered
    }
    for action in script(request) {
      switch action {
      case .answer(let headers, let body, let trailers):
        session.respond(stream, headers: .list(HeaderList(headers)))
        body.withUnsafeBytes { stream.outgoing.append($0) }
        session.finish(stream, trailers: .list(HeaderList(trailers)))
      case .only(let headers): session.respond(stream, onlyHeaders: .list(HeaderList(headers)))
      case .reset(let code): session.reset(stream, code)
      case .goAway(let last, let code, let debugData):
        flush(session, descriptor)
        sendGoAway(last, code, debugData, descriptor)
      case .hangUp:
        flush(session, descriptor)
        return .hangUp
      case .stall: return .stall
      }
    }
    return .readOn
  }

  private func sendGoAway(
    _ last: Int32, _ code: HTTP2ErrorCode, _ debugData: String, _ descriptor: Int32
  ) {
    let length = UInt32(8 + debugData.utf8.count)
    var frame = withUnsafeBytes(of: length.bigEndian) { Array($0.dropFirst()) }
    frame += [7, 0, 0, 0, 0, 0]
    frame += withUnsafeBytes(of: last.bigEndian) { Array($0) }
    frame += withUnsafeBytes(of: code.rawValue.bigEndian) { Array($0) }
    write(frame + Array(debugData.utf8), descriptor)
  }

  private func flush(_ session: HTTP2ServerSession, _ descriptor: Int32) {
    var region = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = region.withUnsafeMutableBytes { session.drain(into: $0) }
      if count == 0 { return }
      write(Array(region[..<count]), descriptor)
    }
  }

  private func write(_ bytes: [UInt8], _ descriptor: Int32) {
    _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }
}

extension ScriptedServer {
  /// A message with its prefix.
  static func framed(_ text: String) -> [UInt8] {
    [0, 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
  }
}

extension ScriptedServer.Action {
  static func reply(_ text: String) -> Self {
    .answer(ScriptedServer.framed(text), trailers: ScriptedServer.fine)
  }

  static func failure(_ code: Int, _ more: [(String, String)] = []) -> Self {
    .only(ScriptedServer.ok + [("grpc-status", "\(code)")] + more)
  }
}
