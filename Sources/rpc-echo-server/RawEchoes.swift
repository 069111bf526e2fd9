import MartletProtobuf
import MartletRPC

/// A message that is its bytes.
struct RawMessage: ProtobufMessage {
  static let protobufName = "martlet.echo.v1.EchoMessage"
  var bytes: [UInt8]

  init() { bytes = [] }

  init(protobufBytes bytes: UnsafeRawBufferPointer) throws(ProtobufDecodingError) {
    self.bytes = Array(bytes)
  }

  func encodeProtobuf(into reserve: (_ byteCount: Int) -> UnsafeMutableRawBufferPointer) {
    reserve(bytes.count).copyBytes(from: bytes)
  }
}

/// All four types of calls with any messages: for tests that send what they like.
struct RawEchoes: RPCService {
  private static let name = "martlet.echo.v1.Echo"

  func register(in router: inout ServerRouter) {
    router.unary(MethodDescriptor(service: Self.name, method: "Echo", kind: .unary)) {
      (request: RawMessage, _) in request
    }
    router.serverStreaming(
      MethodDescriptor(service: Self.name, method: "Repeat", kind: .serverStreaming)
    ) { (request: RawMessage, response: ResponseWriter<RawMessage>, context) in
      let times = Int(context.metadata["times"] ?? "") ?? 10
      for _ in 0..<times { try await response.write(request) }
    }
    router.serverStreaming(
      MethodDescriptor(service: Self.name, method: "Hold", kind: .serverStreaming)
    ) { (_: RawMessage, response: ResponseWriter<RawMessage>, _) in
      response.sendHeaders()
      // Ends when the call does. A sleep would keep its timer, cancelled or not, until its time.
      let (nothing, end) = AsyncStream.makeStream(of: Never.self)
      for await _ in nothing {}
      end.finish()
    }
    router.clientStreaming(
      MethodDescriptor(service: Self.name, method: "Join", kind: .clientStreaming)
    ) { (requests: RequestStream<RawMessage>, _) in
      var joined = RawMessage()
      for try await request in requests { joined.bytes += request.bytes }
      return joined
    }
    router.bidirectional(
      MethodDescriptor(service: Self.name, method: "Chat", kind: .bidirectional)
    ) { (requests: RequestStream<RawMessage>, response: ResponseWriter<RawMessage>, _) in
      for try await request in requests { try await response.write(request) }
    }
  }
}
