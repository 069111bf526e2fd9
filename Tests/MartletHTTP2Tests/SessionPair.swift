import MartletHTTP2

/// A client and a server session that talk through memory, and what happened on both sides.
final class SessionPair {
  struct Event: Equatable {
    var id: Int32
    var kind: HTTP2StreamEvents
  }

  let client: HTTP2ClientSession
  let server: HTTP2ServerSession
  private(set) var serverEvents: [Event] = []
  private(set) var clientEvents: [Event] = []
  private(set) var serverFailure: HTTP2SessionFailure?
  var serverStreams: [Int32: HTTP2Stream] = [:]
  /// Nanoseconds; each round is a microsecond later than the one before.
  private(set) var now: UInt64 = 1

  init(serverLimits: HTTP2Limits = .init(), clientLimits: HTTP2Limits = .init()) throws {
    client = try HTTP2ClientSession(limits: clientLimits)
    server = try HTTP2ServerSession(limits: serverLimits)
    pump()
  }

  /// Moves bytes both ways until neither side has any.
  func pump() {
    var isMoving = true
    while isMoving {
      isMoving = false
      let toServer = Self.drain { client.drain(into: $0) }
      if !toServer.isEmpty {
        isMoving = true
        feedServer(toServer)
      }
      let toClient = Self.drain { server.drain(into: $0) }
      if !toClient.isEmpty {
        isMoving = true
        now += 1000
        toClient.withUnsafeBytes { try? client.receive($0, at: now) }
      }
      client.forEachReady { stream, kind in clientEvents.append(Event(id: stream.id, kind: kind)) }
    }
  }

  func feedServer(_ bytes: [UInt8]) {
    now += 1000
    do {
      try bytes.withUnsafeBytes { try server.receive($0, at: now) }
    } catch {
      serverFailure = error as? HTTP2SessionFailure
    }
    server.forEachReady { stream, kind in
      serverStreams[stream.id] = stream
      serverEvents.append(Event(id: stream.id, kind: kind))
    }
  }

  static func drain(_ body: (UnsafeMutableRawBufferPointer) -> Int) -> [UInt8] {
    var all: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = part.withUnsafeMutableBytes { body($0) }
      if count == 0 { return all }
      all += part[..<count]
    }
  }

  static let request = HeaderList([
    (":method", "POST"), (":scheme", "http"), (":path", "/s/m"), (":authority", "here"),
  ])

  func request(_ payload: [UInt8], isComplete: Bool = true) throws -> HTTP2Stream {
    let stream = try requireStream(client.request(headers: Self.request, isComplete: isComplete))
    payload.withUnsafeBytes { stream.outgoing.append($0) }
    return stream
  }
}

struct NoStream: Error {}

func requireStream(_ stream: HTTP2Stream?) throws -> HTTP2Stream {
  guard let stream else { throw NoStream() }
  return stream
}

extension HeaderBlock {
  var pairs: [[String]] {
    var all: [[String]] = []
    visit { name, value in
      all.append([String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)])
    }
    return all
  }
}

/// A frame as bytes, for what no well-behaved client sends.
func frame(type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
  let count = UInt32(payload.count)
  return [
    UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags,
    UInt8(stream >> 24 & 127), UInt8(stream >> 16 & 255), UInt8(stream >> 8 & 255),
    UInt8(stream & 255),
  ] + payload
}
