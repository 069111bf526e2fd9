// protoc's plugin for Swift on protobuf-c.
//
//     protoc --plugin=protoc-gen-martlet --martlet_out=DIR --martlet_opt=… FILE.proto
//     protoc-gen-martlet --rewrite IN.binpb OUT.binpb [PREFIX]
//
// The second form makes a descriptor set for protoc-c; PREFIX is that of the parameter c_prefix.

import Glibc

func readAll(_ descriptor: Int32) throws -> [UInt8] {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(descriptor, &chunk, chunk.count)
    guard count >= 0 else { throw GenerationError("cannot read (errno \(errno))") }
    if count == 0 { return bytes }
    bytes += chunk[..<count]
  }
}

func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { throw GenerationError("cannot write (errno \(errno))") }
    rest = rest.dropFirst(count)
  }
}

func rewrite(_ input: String, _ output: String, prefix: String) throws {
  let source = open(input, O_RDONLY)
  guard source >= 0 else { throw GenerationError("cannot open \(input) (errno \(errno))") }
  let rewritten = try DescriptorRewrite.rewritten(
    descriptorSet: try readAll(source), prefix: prefix)
  let target = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  guard target >= 0 else { throw GenerationError("cannot create \(output) (errno \(errno))") }
  try writeAll(rewritten, to: target)
}

do {
  let arguments = CommandLine.arguments
  switch arguments.dropFirst().first {
  case nil:
    try writeAll(try Plugin.respond(to: try readAll(STDIN_FILENO)), to: STDOUT_FILENO)
  case "--rewrite" where arguments.count == 4 || arguments.count == 5:
    try rewrite(arguments[2], arguments[3], prefix: arguments.count == 5 ? arguments[4] : "")
  default:
    throw GenerationError(
      "run by protoc, or as: protoc-gen-martlet --rewrite IN.binpb OUT.binpb [PREFIX]")
  }
} catch {
  try? writeAll(Array("protoc-gen-martlet: \(error)\n".utf8), to: STDERR_FILENO)
  exit(1)
}
