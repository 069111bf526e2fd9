import Dispatch
import Glibc
import MartletInterop
import MartletRPC
import MartletRPCServices

// The server of gRPC's interoperability tests:
//
//     rpc-interop-server --port 10000
//     rpc-interop-server --port 10000 --use_tls true --tls_cert F --tls_key F --client_ca F

do {
  let options = try InteropOptions(
    Array(CommandLine.arguments.dropFirst()),
    known: InteropOptions.serverTLSNames.union(["port", "loops"]))
  let board = HealthBoard(services: ["grpc.testing.TestService"])
  board.setAll(.serving)
  var router = ServerRouter()
  router.add(InteropService())
  router.add(HealthService(board: board))
  router.add(ReflectionService(of: router))
  var configuration = RPCServerConfiguration(
    addresses: ["127.0.0.1:\(try options.number("port", default: 0))"])
  configuration.limits.requestBytesMax = 64 << 20
  configuration.transportSecurity = try options.serverSecurity()
  let signals = terminationSignals()
  let server = try await RPCServer.start(router: router, configuration: configuration)
  // Written at once, also into a pipe.
  let line = "listening on \(server.addresses.joined(separator: ", "))\n"
  _ = line.withCString { write(STDOUT_FILENO, $0, strlen($0)) }
  for await _ in signals { break }
  await server.shutdownGracefully(grace: .seconds(30))
} catch {
  print("rpc-interop-server: \(error)")
  exit(1)
}

/// An element each time that the process is asked to end, from now on.
func terminationSignals() -> AsyncStream<Void> {
  signal(SIGTERM, SIG_IGN)
  // Unsafe only in name: sources may be used from any thread.
  nonisolated(unsafe) let source = DispatchSource.makeSignalSource(signal: SIGTERM)
  return AsyncStream { continuation in
    source.setEventHandler { continuation.yield() }
    continuation.onTermination = { _ in source.cancel() }
    source.resume()
  }
}
