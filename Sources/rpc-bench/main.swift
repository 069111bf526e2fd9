import Glibc
import MartletInterop
import MartletProtobuf
import MartletRPC

/// What the RPC runtime's client and codec cost. Prints one number:
///
///     rpc-bench client HOST:PORT CALLS IN_FLIGHT   microseconds of this process's CPU a call
///     rpc-bench loop HOST:PORT CALLS IN_FLIGHT     the same, from tasks on the channel's loop
///     rpc-bench codec HEX TIMES                    nanoseconds of CPU to decode and encode a
///                                                  CodecSample
let arguments = Array(CommandLine.arguments.dropFirst())
switch (arguments.first, arguments.count) {
case ("client", 4): try await measureClient(arguments[1], arguments[2], arguments[3])
case ("loop", 4):
  try await measureClient(arguments[1], arguments[2], arguments[3], isOnLoop: true)
case ("codec", 3): try measureCodec(arguments[1], arguments[2])
default: stop("usage: rpc-bench client|loop HOST:PORT CALLS IN_FLIGHT | rpc-bench codec HEX TIMES")
}

func stop(_ message: String) -> Never {
  let line = message + "\n"
  _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
  exit(2)
}

func positive(_ text: String) -> Int {
  guard let number = Int(text), number > 0 else { stop("\(text) is not a number above 0") }
  return number
}

// MARK: Client

func measureClient(
  _ target: String, _ calls: String, _ inFlight: String, isOnLoop: Bool = false
) async throws {
  let calls = positive(calls)
  let inFlight = positive(inFlight)
  let channel = try RPCChannel(target: target)
  let client = Echo.EchoServiceClient(channel: channel)
  let executor = isOnLoop ? channel.taskExecutor : nil
  try await call(client, times: inFlight, inFlight: inFlight, on: executor)
  let before = cpuMicroseconds()
  try await call(client, times: calls, inFlight: inFlight, on: executor)
  print((cpuMicroseconds() - before) / Double(calls))
  await channel.close()
}

func call(
  _ client: Echo.EchoServiceClient, times: Int, inFlight: Int, on executor: (any TaskExecutor)?
) async throws {
  let request = Echo.EchoRequest(text: String(repeating: "a", count: 32), number: 1 << 62)
  try await withThrowingTaskGroup(of: Void.self) { group in
    for _ in 0..<inFlight {
      group.addTask(executorPreference: executor) {
        for _ in 0..<times / inFlight {
          let response = try await client.echo(request)
          guard response.text == request.text else { stop("a wrong answer") }
        }
      }
    }
    try await group.waitForAll()
  }
}

/// User and system time of this process.
func cpuMicroseconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
  return Double(seconds) * 1e6 + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
}

// MARK: Codec

func measureCodec(_ hex: String, _ times: String) throws {
  let times = positive(times)
  var bytes: [UInt8] = []
  var digits = hex[...]
  while let byte = UInt8(digits.prefix(2), radix: 16) {
    bytes.append(byte)
    digits = digits.dropFirst(2)
  }
  var output = [UInt8](repeating: 0, count: 1 << 10)
  _ = try roundTrips(of: bytes, times: times / 10, into: &output)
  let before = cpuMicroseconds()
  let encoded = try roundTrips(of: bytes, times: times, into: &output)
  let took = cpuMicroseconds() - before
  guard encoded == times * bytes.count, Array(output.prefix(bytes.count)) == bytes else {
    stop("a wrong message")
  }
  print(took * 1e3 / Double(times))
}

/// The number of bytes encoded.
func roundTrips(of bytes: [UInt8], times: Int, into output: inout [UInt8]) throws -> Int {
  var total = 0
  for _ in 0..<times {
    let message = try bytes.withUnsafeBytes { try Echo.CodecSample(protobufBytes: $0) }
    output.withUnsafeMutableBytes { region in
      message.encodeProtobuf { byteCount in
        total &+= byteCount
        return UnsafeMutableRawBufferPointer(rebasing: region[..<byteCount])
      }
    }
  }
  return total
}
