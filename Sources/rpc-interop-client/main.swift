import Glibc
import MartletInterop
import MartletRPC
import MartletRPCServices

// The client of gRPC's interoperability tests; exits with 0 if the case went as described:
//
//     rpc-interop-client --server_host 127.0.0.1 --server_port 10000 --test_case large_unary
//
// over TLS with --use_tls true --use_test_ca true --ca_file F --server_host_override NAME
// --tls_cert F --tls_key F, the last three if need be. With --channelz_port N it serves its own
// channelz on that port of the loopback meanwhile, on any free one for 0, and says which.

do {
  let options = try InteropOptions(
    Array(CommandLine.arguments.dropFirst()),
    known: InteropClient.optionNames.union(["channelz_port"]))
  let name = options["test_case"] ?? ""
  guard let run = InteropClient.cases[name] else {
    let names = InteropClient.cases.keys.sorted().joined(separator: ", ")
    throw InteropOptions.Problem(
      description: "--test_case is \"\(name)\": use one of \(names)")
  }
  let client = try InteropClient(options)
  let inspection = try await serveChannelz(options)
  try await run(client)()
  await client.close()
  await inspection?.shutdownGracefully(grace: .zero)
  print("\(name): passed")
} catch {
  print("rpc-interop-client: \(error)")
  exit(1)
}

/// Nil: it is not wanted.
func serveChannelz(_ options: InteropOptions) async throws -> RPCServer? {
  guard options["channelz_port"] != nil else { return nil }
  var router = ServerRouter()
  router.add(ChannelzService())
  let port = try options.number("channelz_port", default: 0)
  let server = try await RPCServer.start(
    router: router, configuration: .init(addresses: ["127.0.0.1:\(port)"]))
  // Written at once, also into a pipe.
  let line = "channelz on \(server.addresses[0])\n"
  _ = line.withCString { write(STDOUT_FILENO, $0, strlen($0)) }
  return server
}
