import Glibc
import MartletInterop

// The client of gRPC's interoperability tests; exits with 0 if the case went as described:
//
//     rpc-interop-client --server_host 127.0.0.1 --server_port 10000 --test_case large_unary
//
// over TLS with --use_tls true --use_test_ca true --ca_file F --server_host_override NAME
// --tls_cert F --tls_key F, the last three if need be.

do {
  let options = try InteropOptions(
    Array(CommandLine.arguments.dropFirst()), known: InteropClient.optionNames)
  let name = options["test_case"] ?? ""
  guard let run = InteropClient.cases[name] else {
    let names = InteropClient.cases.keys.sorted().joined(separator: ", ")
    throw InteropOptions.Problem(
      description: "--test_case is \"\(name)\": use one of \(names)")
  }
  let client = try InteropClient(options)
  try await run(client)()
  await client.close()
  print("\(name): passed")
} catch {
  print("rpc-interop-client: \(error)")
  exit(1)
}
