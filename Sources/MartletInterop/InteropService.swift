public import MartletRPC

/// `grpc.testing.TestService` as gRPC's interoperability tests describe its server.
public struct InteropService: GRPCTesting.TestService {
  public init() {}

  public func emptyCall(
    _ request: GRPCTesting.Empty, context: CallContext
  ) async throws -> GRPCTesting.Empty {
    echoMetadata(context)
    return .init()
  }

  public func unaryCall(
    _ request: GRPCTesting.SimpleRequest, context: CallContext
  ) async throws -> GRPCTesting.SimpleResponse {
    echoMetadata(context)
    try expect(request.expectCompressed, context)
    if let compressed = request.responseCompressed {
      context.setResponseEncoding(compressed.value ? .gzip : .identity)
    }
    try fail(as: request.responseStatus)
    return .init(payload: try payload(request.responseSize))
  }

  public func cacheableUnaryCall(
    _ request: GRPCTesting.SimpleRequest, context: CallContext
  ) async throws -> GRPCTesting.SimpleResponse {
    context.setInitialMetadata("cache-control", "max-age=60, public")
    return try await unaryCall(request, context: context)
  }

  public func streamingOutputCall(
    _ request: GRPCTesting.StreamingOutputCallRequest,
    response: ResponseWriter<GRPCTesting.StreamingOutputCallResponse>, context: CallContext
  ) async throws {
    echoMetadata(context)
    prepareCompression(for: request, context)
    try await answer(request, response)
  }

  public func streamingInputCall(
    _ requests: RequestStream<GRPCTesting.StreamingInputCallRequest>, context: CallContext
  ) async throws -> GRPCTesting.StreamingInputCallResponse {
    echoMetadata(context)
    var sum: Int32 = 0
    for try await request in requests {
      try expect(request.expectCompressed, context)
      sum &+= Int32(truncatingIfNeeded: request.payload?.body.count ?? 0)
    }
    return .init(aggregatedPayloadSize: sum)
  }

  public func fullDuplexCall(
    _ requests: RequestStream<GRPCTesting.StreamingOutputCallRequest>,
    response: ResponseWriter<GRPCTesting.StreamingOutputCallResponse>, context: CallContext
  ) async throws {
    echoMetadata(context)
    for try await request in requests {
      prepareCompression(for: request, context)
      try await answer(request, response)
    }
  }

  public func halfDuplexCall(
    _ requests: RequestStream<GRPCTesting.StreamingOutputCallRequest>,
    response: ResponseWriter<GRPCTesting.StreamingOutputCallResponse>, context: CallContext
  ) async throws {
    echoMetadata(context)
    var all: [GRPCTesting.StreamingOutputCallRequest] = []
    for try await request in requests { all.append(request) }
    for request in all { try await answer(request, response) }
  }

  public func unimplementedCall(
    _ request: GRPCTesting.Empty, context: CallContext
  ) async throws -> GRPCTesting.Empty {
    throw RPCStatus(code: .unimplemented, message: "no server implements this")
  }

  // MARK: What the cases ask for

  private func answer(
    _ request: GRPCTesting.StreamingOutputCallRequest,
    _ response: ResponseWriter<GRPCTesting.StreamingOutputCallResponse>
  ) async throws {
    try fail(as: request.responseStatus)
    for parameters in request.responseParameters {
      if parameters.intervalUs > 0 {
        try await Task.sleep(for: .microseconds(Int(parameters.intervalUs)))
      }
      try await response.write(
        .init(payload: try payload(parameters.size)),
        compressed: parameters.compressed?.value ?? false)
    }
  }

  /// Responses can be compressed one by one only if the call agreed to it before the first.
  private func prepareCompression(
    for request: GRPCTesting.StreamingOutputCallRequest, _ context: CallContext
  ) {
    let wanted = request.responseParameters.contains { $0.compressed?.value == true }
    if wanted { context.setResponseEncoding(.gzip) }
  }

  private func payload(_ size: Int32) throws -> GRPCTesting.Payload {
    guard (0...(64 << 20)).contains(size) else {
      throw RPCStatus(code: .invalidArgument, message: "response_size is not from 0 to 64 MiB")
    }
    return .init(body: Array(repeating: 0, count: Int(size)))
  }

  private func expect(_ compressed: GRPCTesting.BoolValue?, _ context: CallContext) throws {
    guard let compressed, compressed.value != context.isRequestCompressed else { return }
    throw RPCStatus(
      code: .invalidArgument,
      message: "the request is \(compressed.value ? "not " : "")compressed")
  }

  private func fail(as status: GRPCTesting.EchoStatus?) throws {
    guard let status, status.code != 0 else { return }
    throw RPCStatus(code: StatusCode(rawValue: Int(status.code)), message: status.message)
  }

  private func echoMetadata(_ context: CallContext) {
    let metadata = context.metadata
    for value in metadata.strings(for: InteropMetadata.initialKey) {
      context.setInitialMetadata(InteropMetadata.initialKey, value)
    }
    for value in metadata.bytes(for: InteropMetadata.trailingKey) {
      context.setTrailingMetadata(InteropMetadata.trailingKey, bytes: value)
    }
  }
}

/// The metadata that the server echoes.
enum InteropMetadata {
  static let initialKey = "x-grpc-test-echo-initial"
  static let trailingKey = "x-grpc-test-echo-trailing-bin"
}
