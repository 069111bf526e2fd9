internal import MartletRPC

/// Cases of streams.
extension InteropClient {
  private static let requestSizes = [27_182, 8, 1_828, 45_904]
  private static let responseSizes: [Int32] = [31_415, 9, 2_653, 58_979]

  @Sendable func clientStreaming() async throws {
    let response = try await test.streamingInputCall { writer in
      for size in Self.requestSizes { try await writer.write(.init(payload: Self.zeros(size))) }
    }
    try expect("the sum", response.aggregatedPayloadSize, 74_922)
  }

  @Sendable func clientCompressedStreaming() async throws {
    let refusal = try await status {
      _ = try await test.streamingInputCall { writer in
        try await writer.write(
          .init(payload: Self.zeros(27_182), expectCompressed: .init(value: true)))
      }
    }
    try expect("the answer to the probe", refusal.code, .invalidArgument)
    let response = try await test.streamingInputCall(options: .init(encoding: .gzip)) { writer in
      try await writer.write(
        .init(payload: Self.zeros(27_182), expectCompressed: .init(value: true)))
      try await writer.write(
        .init(payload: Self.zeros(45_904), expectCompressed: .init(value: false)),
        compressed: false)
    }
    try expect("the sum", response.aggregatedPayloadSize, 73_086)
  }

  @Sendable func serverStreaming() async throws {
    let request = GRPCTesting.StreamingOutputCallRequest(
      responseParameters: Self.responseSizes.map { .init(size: $0) })
    try await expectSizes(
      of: test.streamingOutputCall(request), Self.responseSizes)
  }

  @Sendable func serverCompressedStreaming() async throws {
    let request = GRPCTesting.StreamingOutputCallRequest(responseParameters: [
      .init(size: 31_415, compressed: .init(value: true)),
      .init(size: 92_653, compressed: .init(value: false)),
    ])
    try await expectSizes(of: test.streamingOutputCall(request), [31_415, 92_653])
  }

  private func expectSizes(
    of responses: ResponseStream<GRPCTesting.StreamingOutputCallResponse>, _ sizes: [Int32]
  ) async throws {
    var rest = sizes[...]
    for try await response in responses {
      guard let size = rest.popFirst() else {
        throw InteropFailure(description: "there are more than \(sizes.count) responses")
      }
      try expectZeros(response.payload, Int(size))
    }
    try expect("the number of responses that are missing", rest.count, 0)
  }

  @Sendable func pingPong() async throws {
    let requests = zip(Self.requestSizes, Self.responseSizes).map { request, response in
      GRPCTesting.StreamingOutputCallRequest(
        responseParameters: [.init(size: response)], payload: Self.zeros(request))
    }
    let (responses, next) = conversation(requests)
    var sizes = Self.responseSizes[...]
    for try await response in responses {
      try expectZeros(response.payload, Int(sizes.popFirst() ?? 0))
      next()
    }
    try expect("the number of responses that are missing", sizes.count, 0)
  }

  @Sendable func emptyStream() async throws {
    let (responses, _) = conversation([])
    var count = 0
    for try await _ in responses { count += 1 }
    try expect("the number of responses", count, 0)
  }

  @Sendable func cancelAfterBegin() async throws {
    let answer = try await status {
      let (begun, begin) = AsyncStream.makeStream(of: Void.self)
      let call = Task {
        _ = try await test.streamingInputCall { _ in
          begin.yield()
          try await Task.sleep(for: .seconds(3_600))
        }
      }
      var beginnings = begun.makeAsyncIterator()
      _ = await beginnings.next()
      call.cancel()
      try await call.value
    }
    try expect("the code", answer.code, .cancelled)
  }

  @Sendable func cancelAfterFirstResponse() async throws {
    let request = GRPCTesting.StreamingOutputCallRequest(
      responseParameters: [.init(size: 31_415)], payload: Self.zeros(27_182))
    let (responses, _) = conversation([request])
    let answer = try await status {
      for try await response in responses {
        try expectZeros(response.payload, 31_415)
        responses.cancel()
      }
    }
    try expect("the code", answer.code, .cancelled)
  }

  @Sendable func timeoutOnSleepingServer() async throws {
    let request = GRPCTesting.StreamingOutputCallRequest(
      responseParameters: [.init(size: 31_415, intervalUs: 10_000)], payload: Self.zeros(27_182))
    let answer = try await status {
      let (responses, _) = conversation([request], options: .init(timeout: .milliseconds(1)))
      for try await _ in responses {}
    }
    try expect("the code", answer.code, .deadlineExceeded)
  }
}
