import MartletHTTP2

/// What a client may send to a server's HTTP/2 session: taken in pieces of any size, answered as a
/// server would, and dropped in the middle.
enum FrameTarget {
  /// Connections of honest clients, to be spoilt.
  static func seeds() throws -> [[UInt8]] {
    var seeds: [[UInt8]] = []
    for bodyBytes in [0, 5, 20_000] {
      let client = try HTTP2ClientSession(limits: HTTP2Limits())
      var bytes = drain { client.drain(into: $0) }
      for number in 0..<3 {
        let headers = HeaderList([
          (":method", "POST"), (":scheme", "http"), (":path", "/s/m\(number)"),
          (":authority", "here"), ("te", "trailers"), ("content-type", "application/grpc"),
        ])
        guard let stream = client.request(headers: headers, isComplete: true) else { continue }
        [UInt8](repeating: 7, count: bodyBytes).withUnsafeBytes { stream.outgoing.append($0) }
        bytes += drain { client.drain(into: $0) }
      }
      seeds.append(bytes)
      // Each kind of frame once, after the preface and SETTINGS.
      let preface = Array(bytes.prefix(24 + 9))
      for type in UInt8(0)...11 {
        for (length, stream) in [(UInt8(0), UInt8(1)), (4, 0), (8, 0), (5, 1)] {
          seeds.append(
            preface + [0, 0, length, type, 0, 0, 0, 0, stream]
              + Array(repeating: 0, count: Int(length)))
        }
      }
    }
    return seeds
  }

  static func run(_ bytes: [UInt8], _ random: inout FuzzRandom) throws {
    var limits = HTTP2Limits()
    limits.concurrentStreams = 10
    let session = try HTTP2ServerSession(limits: limits)
    var rest = bytes[...]
    var now: UInt64 = 1
    var isAlive = true
    while !rest.isEmpty, isAlive {
      let piece = Array(rest.prefix(.random(in: 1...2_000, using: &random)))
      rest = rest.dropFirst(piece.count)
      now += 1_000_000
      do {
        try piece.withUnsafeBytes { try session.receive($0, at: now) }
      } catch {
        isAlive = false
      }
      answer(session, &random)
      _ = session.takeNotices()
      _ = drain { session.drain(into: $0) }
      if session.isFinished { isAlive = false }
    }
    session.closeAllStreams()
    session.forEachReady { stream, events in
      if events.contains(.closed) { session.recycle(stream) }
    }
    session.dropFreeStreams()
  }

  private static func answer(_ session: HTTP2ServerSession, _ random: inout FuzzRandom) {
    var choice = random
    session.forEachReady { stream, events in
      if events.contains(.closed) { return session.recycle(stream) }
      if events.contains(.data) { session.consume(stream, stream.unconsumed) }
      guard events.contains(.end) else { return }
      let status = HeaderList([(":status", "200")])
      switch Int.random(in: 0..<3, using: &choice) {
      case 0: session.respond(stream, onlyHeaders: .list(status))
      case 1: session.reset(stream, .cancel)
      default:
        session.respond(stream, headers: .list(status))
        session.finish(stream, trailers: .list(HeaderList([("grpc-status", "0")])))
      }
    }
    random = choice
  }

  private static func drain(_ body: (UnsafeMutableRawBufferPointer) -> Int) -> [UInt8] {
    var all: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while case let count = part.withUnsafeMutableBytes(body), count > 0 { all += part[..<count] }
    return all
  }
}
