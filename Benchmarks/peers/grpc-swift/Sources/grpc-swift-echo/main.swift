import EchoStubs
import GRPCCore
import GRPCNIOTransportHTTP2

/// The same service as rpc-echo-server's, on grpc-swift-2: `grpc-swift-echo PORT`.
struct Echoes: Martlet_Echo_V1_EchoService.SimpleServiceProtocol {
  func echo(
    request: Martlet_Echo_V1_EchoRequest, context: ServerContext
  ) async throws -> Martlet_Echo_V1_EchoResponse {
    var response = Martlet_Echo_V1_EchoResponse()
    response.text = request.text
    response.number = request.number
    return response
  }

  func `repeat`(
    request: Martlet_Echo_V1_RepeatRequest,
    response: RPCWriter<Martlet_Echo_V1_RepeatResponse>, context: ServerContext
  ) async throws {
    var event = Martlet_Echo_V1_RepeatResponse()
    event.payload = request.payload
    for number in 0..<request.count {
      event.number = number + 1
      try await response.write(event)
    }
  }
}

guard let port = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
  fatalError("usage: grpc-swift-echo PORT")
}
// With its default, 100 streams and one more end the connection.
let configuration = HTTP2ServerTransport.Posix.Config.defaults {
  $0.http2.maxConcurrentStreams = 1_000
}
let server = GRPCServer(
  transport: .http2NIOPosix(
    address: .ipv4(host: "127.0.0.1", port: port), transportSecurity: .plaintext,
    config: configuration),
  services: [Echoes()])
try await server.serve()
