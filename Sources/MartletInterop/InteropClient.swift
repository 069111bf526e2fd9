internal import MartletRPC

/// The cases of gRPC's interoperability tests, as a client; each throws unless it goes as
/// https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md says.
public struct InteropClient: Sendable {
  public typealias Case = @Sendable () async throws -> Void

  let target: String
  let configuration: RPCChannelConfiguration
  let channel: RPCChannel
  let soak: Soak

  var test: GRPCTesting.TestServiceClient { .init(channel: channel) }

  /// How the soak cases run.
  struct Soak: Sendable {
    var iterations: Int
    var failuresMax: Int
    var latencyMax: Duration
    var timeout: Duration
    var pause: Duration
  }

  public static let optionNames = InteropOptions.clientTLSNames.union([
    "server_host", "server_port", "test_case", "soak_iterations", "soak_max_failures",
    "soak_per_iteration_max_acceptable_latency_ms", "soak_overall_timeout_seconds",
    "soak_min_time_ms_between_rpcs",
  ])

  public init(_ options: InteropOptions) throws {
    let port = try options.number("server_port", default: 10_000)
    target = "\(options["server_host"] ?? "127.0.0.1"):\(port)"
    var configuration = RPCChannelConfiguration()
    configuration.transportSecurity = try options.clientSecurity()
    configuration.authority = options["server_host_override"]
    self.configuration = configuration
    channel = try RPCChannel(target: target, configuration: configuration)
    soak = Soak(
      iterations: try options.number("soak_iterations", default: 10),
      failuresMax: try options.number("soak_max_failures", default: 0),
      latencyMax: .milliseconds(
        try options.number("soak_per_iteration_max_acceptable_latency_ms", default: 1_000)),
      timeout: .seconds(try options.number("soak_overall_timeout_seconds", default: 10)),
      pause: .milliseconds(try options.number("soak_min_time_ms_between_rpcs", default: 0)))
  }

  public func close() async { await channel.close() }

  /// By the names of the descriptions.
  public static let cases: [String: @Sendable (InteropClient) -> Case] = [
    "empty_unary": { $0.emptyUnary },
    "large_unary": { $0.largeUnary },
    "client_compressed_unary": { $0.clientCompressedUnary },
    "server_compressed_unary": { $0.serverCompressedUnary },
    "client_streaming": { $0.clientStreaming },
    "client_compressed_streaming": { $0.clientCompressedStreaming },
    "server_streaming": { $0.serverStreaming },
    "server_compressed_streaming": { $0.serverCompressedStreaming },
    "ping_pong": { $0.pingPong },
    "empty_stream": { $0.emptyStream },
    "custom_metadata": { $0.customMetadata },
    "status_code_and_message": { $0.statusCodeAndMessage },
    "special_status_message": { $0.specialStatusMessage },
    "unimplemented_method": { $0.unimplementedMethod },
    "unimplemented_service": { $0.unimplementedService },
    "cancel_after_begin": { $0.cancelAfterBegin },
    "cancel_after_first_response": { $0.cancelAfterFirstResponse },
    "timeout_on_sleeping_server": { $0.timeoutOnSleepingServer },
    "rpc_soak": { $0.rpcSoak },
    "channel_soak": { $0.channelSoak },
  ]

  // MARK: What cases share

  static let largeRequestBytes = 271_828
  static let largeResponseBytes: Int32 = 314_159

  static func zeros(_ count: Int) -> GRPCTesting.Payload {
    .init(body: Array(repeating: 0, count: count))
  }

  static var largeRequest: GRPCTesting.SimpleRequest {
    .init(responseSize: largeResponseBytes, payload: zeros(largeRequestBytes))
  }

  func expectLarge(_ response: GRPCTesting.SimpleResponse) throws {
    try expectZeros(response.payload, Int(Self.largeResponseBytes))
  }

  func expectZeros(_ payload: GRPCTesting.Payload?, _ count: Int) throws {
    let body = payload?.body ?? []
    try expect("the payload's size", body.count, count)
    try expect("the payload is all zeros:", body.allSatisfy { $0 == 0 }, true)
  }

  /// The status that a call ends with; its success is a failure of the case.
  func status(of call: () async throws -> Void) async throws -> RPCStatus {
    do {
      try await call()
    } catch let status as RPCStatus {
      return status
    } catch is CancellationError {
      return RPCStatus(code: .cancelled, message: "")
    }
    throw InteropFailure(description: "the call succeeded")
  }

  /// A bidirectional call whose next request waits for `next` to be called.
  func conversation(
    _ requests: [GRPCTesting.StreamingOutputCallRequest], options: CallOptions = .init()
  ) -> (
    responses: ResponseStream<GRPCTesting.StreamingOutputCallResponse>,
    next: @Sendable () -> Void
  ) {
    let (turns, turn) = AsyncStream.makeStream(of: Void.self)
    let responses = test.fullDuplexCall(options: options) { writer in
      var turns = turns.makeAsyncIterator()
      for request in requests {
        try await writer.write(request)
        _ = await turns.next()
      }
    }
    return (responses, { _ = turn.yield() })
  }
}
