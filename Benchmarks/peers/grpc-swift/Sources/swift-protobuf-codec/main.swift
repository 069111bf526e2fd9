import EchoStubs
import Glibc
import SwiftProtobuf

/// Decodes and encodes a CodecSample: `swift-protobuf-codec BYTES_IN_HEX TIMES`. Prints the
/// nanoseconds of this process's CPU for one there and back.
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

/// The number of bytes encoded.
func roundTrips(of bytes: [UInt8], times: Int) throws -> Int {
  var total = 0
  for _ in 0..<times {
    let message = try Martlet_Echo_V1_CodecSample(serializedBytes: bytes)
    let again: [UInt8] = try message.serializedBytes()
    total &+= again.count
  }
  return total
}

/// User and system time of this process in nanoseconds, as rpc-bench takes it.
func cpuNanoseconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

_ = try roundTrips(of: bytes, times: times / 10)
let start = cpuNanoseconds()
let encoded = try roundTrips(of: bytes, times: times)
let elapsed = cpuNanoseconds() - start
guard encoded == times * bytes.count else { fatalError("a wrong message") }
print(elapsed / Double(times))
