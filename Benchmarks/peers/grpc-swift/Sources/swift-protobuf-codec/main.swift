import EchoStubs
import SwiftProtobuf

/// Decodes and encodes a CodecSample: `swift-protobuf-codec BYTES_IN_HEX TIMES`. Prints the
/// nanoseconds of one there and back.
let arguments = CommandLine.arguments
guard arguments.count == 3, let times = Int(arguments[2]) else {
  fatalError("usage: swift-protobuf-codec HEX TIMES")
}
var bytes: [UInt8] = []
var digits = arguments[1][...]
while let byte = UInt8(digits.prefix(2), radix: 16) {
  bytes.append(byte)
  digits = digits.dropFirst(2)
}

func encodedBytes(afterRounds count: Int) throws -> Int {
  var total = 0
  for _ in 0..<count {
    let message = try Martlet_Echo_V1_CodecSample(serializedBytes: bytes)
    let again: [UInt8] = try message.serializedBytes()
    total &+= again.count
  }
  return total
}

precondition(try encodedBytes(afterRounds: times / 10) == times / 10 * bytes.count)
let start = ContinuousClock.now
precondition(try encodedBytes(afterRounds: times) == times * bytes.count)
let elapsed = (ContinuousClock.now - start) / times
print(Double(elapsed.components.attoseconds) / 1e9)
