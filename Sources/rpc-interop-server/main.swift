import Glibc
import MartletInterop
import MartletRPC
import MartletRPCServices

// The server of gRPC's interoperability tests:
//
//     rpc-interop-server --port 10000

do {
  let options = try InteropOptions(
    Array(CommandLine.arguments.dropFirst()), known: ["port", "use_tls", "loops"])
  try options.refuse("use_tls", because: "this server speaks plaintext only")
  let board = HealthBoard(services: ["grpc.testing.TestService"])
  board.setAll(.serving)
  var router = ServerRouter()
  router.add(InteropService())
  router.add(HealthService(board: board))
  router.add(ReflectionService(of: router))
  var configuration = RPCServerConfiguration(
    addresses: ["127.0.0.1:\(try options.number("port", default: 0))"])
  configuration.limits.requestBytesMax = 64 << 20
  let server = try await RPCServer.start(router: router, configuration: configuration)
  // Written at once, also into a pipe.
  let line = "listening on \(server.addresses.joined(separator: ", "))\n"
  _ = line.withCString { write(STDOUT_FILENO, $0, strlen($0)) }
  try await Task.sleep(for: .seconds(1 << 30))
} catch let problem as InteropOptions.Problem {
  print("rpc-interop-server: \(problem)")
}
