import MartletProtobuf
import MartletRPC
import MartletRPCInstruments
import UnixSignals

/// A message that is its bytes: measures the runtime without a codec, and passes any message
/// through.
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

func option(_ name: String) -> String? {
  let arguments = CommandLine.arguments
  guard let index = arguments.firstIndex(of: name), arguments.indices.contains(index + 1) else {
    return nil
  }
  return arguments[index + 1]
}

let service = "martlet.echo.v1.Echo"
var router = ServerRouter()
if CommandLine.arguments.contains("--metrics") { router.add(MetricsInterceptor()) }
router.unary(MethodDescriptor(service: service, method: "Echo", kind: .unary)) {
  (request: RawMessage, _) in request
}
router.serverStreaming(
  MethodDescriptor(service: service, method: "Repeat", kind: .serverStreaming)
) { (request: RawMessage, response: ResponseWriter<RawMessage>, context) in
  for _ in 0..<(Int(context.metadata["times"] ?? "") ?? 10) { try await response.write(request) }
}
router.serverStreaming(
  MethodDescriptor(service: service, method: "Hold", kind: .serverStreaming)
) { (_: RawMessage, response: ResponseWriter<RawMessage>, _) in
  response.sendHeaders()
  // Ends when the call does. A sleep would keep its timer, cancelled or not, until its time.
  let (nothing, end) = AsyncStream.makeStream(of: Never.self)
  for await _ in nothing {}
  end.finish()
}
router.clientStreaming(
  MethodDescriptor(service: service, method: "Join", kind: .clientStreaming)
) { (requests: RequestStream<RawMessage>, _) in
  var joined = RawMessage()
  for try await request in requests { joined.bytes += request.bytes }
  return joined
}
router.bidirectional(
  MethodDescriptor(service: service, method: "Chat", kind: .bidirectional)
) { (requests: RequestStream<RawMessage>, response: ResponseWriter<RawMessage>, _) in
  for try await request in requests { try await response.write(request) }
}

var configuration = RPCServerConfiguration(
  addresses: ["127.0.0.1:\(option("--port") ?? "0")"])
configuration.eventLoops = option("--loops").flatMap { Int($0) }
let signals = await UnixSignalsSequence(trapping: .sigterm)
let server = try await RPCServer.start(router: router, configuration: configuration)
print("listening on \(server.addresses.joined(separator: ", "))")
for await _ in signals {
  await server.shutdownGracefully(grace: .seconds(10))
  break
}
