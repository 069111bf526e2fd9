import MartletProtobuf
import MartletRPC
import MartletRPCTLS
import Synchronization

/// A message that is its bytes.
struct RawMessage: ProtobufMessage, ExpressibleByStringLiteral {
  static let protobufName = "test.Raw"
  var bytes: [UInt8]

  init() { bytes = [] }
  init(_ bytes: [UInt8]) { self.bytes = bytes }
  init(stringLiteral value: String) { bytes = Array(value.utf8) }

  init(protobufBytes bytes: UnsafeRawBufferPointer) throws(ProtobufDecodingError) {
    self.bytes = Array(bytes)
  }

  func encodeProtobuf(into reserve: (_ byteCount: Int) -> UnsafeMutableRawBufferPointer) {
    reserve(bytes.count).copyBytes(from: bytes)
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

enum Methods {
  static let echo = MethodDescriptor(service: "test.Service", method: "Echo", kind: .unary)
  static let whoAmI = MethodDescriptor(service: "test.Service", method: "WhoAmI", kind: .unary)
  static let chat = MethodDescriptor(
    service: "test.Service", method: "Chat", kind: .bidirectional)
}

/// A server that speaks TLS, with the methods above.
struct TLSServer {
  let server: RPCServer
  let credentials: TLSCredentials?

  var port: Int { server.port }
  /// For a certificate that has the address.
  var target: String { "127.0.0.1:\(server.port)" }

  /// `tls`: nil: plain text.
  static func run(
    _ tls: TLSServerConfiguration?, limits: ServerLimits = .init(),
    _ body: (TLSServer) async throws -> Void
  ) async throws {
    var router = ServerRouter()
    router.unary(Methods.echo) { (request: RawMessage, _) in request }
    router.unary(Methods.whoAmI) { (_: RawMessage, context) in
      let names = context.peerCertificate?.names.map { "\($0)" }
      return RawMessage(Array((names?.joined(separator: " ") ?? "nobody").utf8))
    }
    router.bidirectional(Methods.chat) {
      (requests: RequestStream<RawMessage>, response: ResponseWriter<RawMessage>, _) in
      for try await request in requests { try await response.write(request) }
    }
    let credentials = try tls.map { try TLSCredentials(server: $0) }
    var configuration = RPCServerConfiguration()
    configuration.limits = limits
    if let credentials { configuration.transportSecurity = credentials.security }
    let server = try await RPCServer.start(router: router, configuration: configuration)
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(TLSServer(server: server, credentials: credentials)))
    } catch {
      result = .failure(error)
    }
    await server.shutdownGracefully(grace: .zero)
    try result.get()
  }
}

func makeChannel(
  _ target: String, _ tls: TLSClientConfiguration?,
  _ change: (inout RPCChannelConfiguration) -> Void = { _ in }
) throws -> RPCChannel {
  var configuration = RPCChannelConfiguration()
  if let tls { configuration.transportSecurity = try TLSCredentials(client: tls).security }
  change(&configuration)
  return try RPCChannel(target: target, configuration: configuration)
}

/// The status of a call on a new channel; nil: OK.
func status(_ target: String, _ tls: TLSClientConfiguration?) async throws -> RPCStatus? {
  let channel = try makeChannel(target, tls)
  let status = await status(of: channel)
  await channel.close()
  return status
}

/// The status of a call; nil: OK.
func status(of channel: RPCChannel) async -> RPCStatus? {
  do {
    let reply: RawMessage = try await channel.unary(
      Methods.echo, RawMessage("hello"), options: CallOptions(timeout: .seconds(60)))
    return reply == "hello" ? nil : RPCStatus(code: .unknown, message: reply.text)
  } catch {
    return error as? RPCStatus ?? RPCStatus(code: .unknown, message: "\(error)")
  }
}
