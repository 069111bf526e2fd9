internal import MartletRPC

/// Cases of one request and one response, and those about how calls end.
extension InteropClient {
  @Sendable func emptyUnary() async throws {
    let response = try await test.emptyCall(.init())
    try expect("the response", response, .init())
  }

  @Sendable func largeUnary() async throws {
    try expectLarge(try await test.unaryCall(Self.largeRequest))
  }

  @Sendable func clientCompressedUnary() async throws {
    var request = Self.largeRequest
    request.expectCompressed = .init(value: true)
    let probe = request
    let refusal = try await status { _ = try await test.unaryCall(probe) }
    try expect("the answer to the probe", refusal.code, .invalidArgument)
    try expectLarge(try await test.unaryCall(request, options: .init(encoding: .gzip)))
    request.expectCompressed = .init(value: false)
    try expectLarge(try await test.unaryCall(request))
  }

  @Sendable func serverCompressedUnary() async throws {
    for isCompressed in [true, false] {
      var request = Self.largeRequest
      request.responseCompressed = .init(value: isCompressed)
      try expectLarge(try await test.unaryCall(request))
    }
  }

  @Sendable func customMetadata() async throws {
    let text = "test_initial_metadata_value"
    let bytes: [UInt8] = [0xAB, 0xAB, 0xAB]
    var options = CallOptions()
    options.metadata.append(InteropMetadata.initialKey, text)
    options.metadata.append(InteropMetadata.trailingKey, bytes: bytes)

    let unary: UnaryResponse<GRPCTesting.SimpleResponse> = try await channel.unaryResponse(
      GRPCTesting.TestServiceMethods.unaryCall, Self.largeRequest, options: options)
    try expectLarge(unary.message)
    try expect("initial metadata", unary.initialMetadata[InteropMetadata.initialKey], text)
    try expect(
      "trailing metadata", unary.trailingMetadata.bytes(for: InteropMetadata.trailingKey), [bytes])

    let request = GRPCTesting.StreamingOutputCallRequest(
      responseParameters: [.init(size: Self.largeResponseBytes)],
      payload: Self.zeros(Self.largeRequestBytes))
    let (responses, next) = conversation([request], options: options)
    for try await response in responses {
      try expectZeros(response.payload, Int(Self.largeResponseBytes))
      next()
    }
    try expect("initial metadata", responses.initialMetadata[InteropMetadata.initialKey], text)
    try expect(
      "trailing metadata", responses.trailingMetadata.bytes(for: InteropMetadata.trailingKey),
      [bytes])
  }

  @Sendable func statusCodeAndMessage() async throws {
    try await expectEcho(of: .init(code: 2, message: "test status message"), inStream: true)
  }

  @Sendable func specialStatusMessage() async throws {
    let message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    try await expectEcho(of: .init(code: 2, message: message), inStream: false)
  }

  private func expectEcho(
    of wanted: GRPCTesting.EchoStatus, inStream: Bool
  ) async throws {
    let unary = try await status {
      _ = try await test.unaryCall(.init(responseStatus: wanted))
    }
    try expect("the code", unary.code, .unknown)
    try expect("the message", unary.message, wanted.message)
    guard inStream else { return }
    let streamed = try await status {
      let (responses, _) = conversation([.init(responseStatus: wanted)])
      for try await _ in responses {}
    }
    try expect("the code of the stream", streamed.code, .unknown)
    try expect("the message of the stream", streamed.message, wanted.message)
  }

  @Sendable func unimplementedMethod() async throws {
    let answer = try await status { _ = try await test.unimplementedCall(.init()) }
    try expect("the code", answer.code, .unimplemented)
  }

  @Sendable func unimplementedService() async throws {
    let client = GRPCTesting.UnimplementedServiceClient(channel: channel)
    let answer = try await status { _ = try await client.unimplementedCall(.init()) }
    try expect("the code", answer.code, .unimplemented)
  }
}
