import MartletInterop
import MartletRPC

/// The service that is measured, with generated code.
struct Echoes: Echo.EchoService {
  private static let countMax: UInt32 = 100_000_000

  func echo(_ request: Echo.EchoRequest, context: CallContext) async throws -> Echo.EchoResponse {
    Echo.EchoResponse(text: request.text, number: request.number)
  }

  func `repeat`(
    _ request: Echo.RepeatRequest, response: ResponseWriter<Echo.RepeatResponse>,
    context: CallContext
  ) async throws {
    guard request.count <= Self.countMax else {
      throw RPCStatus(code: .invalidArgument, message: "count is above \(Self.countMax)")
    }
    let perFlush = max(1, request.countPerFlush)
    var event = Echo.RepeatResponse(payload: request.payload)
    for number in 0..<request.count {
      event.number = number + 1
      try await response.write(event)
      // What was handed over leaves before this task has its turn again.
      if (number + 1) % perFlush == 0 { await Task.yield() }
    }
  }
}
