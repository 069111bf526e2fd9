import MartletRPC
import MartletRPCInstruments
import MartletRPCTLS
import UnixSignals

func option(_ name: String) -> String? {
  let arguments = CommandLine.arguments
  guard let index = arguments.firstIndex(of: name), arguments.indices.contains(index + 1) else {
    return nil
  }
  return arguments[index + 1]
}

var router = ServerRouter()
if CommandLine.arguments.contains("--metrics") { router.add(MetricsInterceptor()) }
router.add(Echoes())
router.add(RawEchoes())

var configuration = RPCServerConfiguration(
  addresses: ["127.0.0.1:\(option("--port") ?? "0")"])
configuration.eventLoops = option("--loops").flatMap { Int($0) }
if let certificate = option("--tls-cert"), let key = option("--tls-key") {
  let identity = TLSIdentity(certificateFile: certificate, keyFile: key)
  configuration.transportSecurity = try TLSCredentials(server: .init(identity: identity)).security
}
let signals = await UnixSignalsSequence(trapping: .sigterm)
let server = try await RPCServer.start(router: router, configuration: configuration)
print("listening on \(server.addresses.joined(separator: ", "))")
for await _ in signals {
  await server.shutdownGracefully(grace: .seconds(10))
  break
}
