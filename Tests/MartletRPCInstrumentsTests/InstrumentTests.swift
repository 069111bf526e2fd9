import Instrumentation
import Logging
import MartletProtobuf
import MartletRPC
import MartletRPCInstruments
import Metrics
import MetricsTestKit
import ServiceContextModule
import Synchronization
import Testing

/// A message without content.
struct Nothing: ProtobufMessage {
  static let protobufName = "test.Nothing"
  init() {}
  init(protobufBytes bytes: UnsafeRawBufferPointer) throws(ProtobufDecodingError) {}
  func encodeProtobuf(into reserve: (_ byteCount: Int) -> UnsafeMutableRawBufferPointer) {
    _ = reserve(0)
  }
}

@Suite("Instruments of a server") struct InstrumentTests {
  static let answer = MethodDescriptor(service: "test.Service", method: "Answer", kind: .unary)
  static let refuse = MethodDescriptor(service: "test.Service", method: "Refuse", kind: .unary)

  /// Calls one method that answers and one that refuses.
  private func run(_ interceptor: some ServerInterceptorFactory, metadata: RPCMetadata = [:])
    async throws
  {
    var router = ServerRouter()
    router.add(interceptor)
    router.unary(Self.answer) { (request: Nothing, _) in request }
    router.unary(Self.refuse) { (_: Nothing, _) -> Nothing in
      throw RPCStatus(code: .internalError, message: "secret")
    }
    let server = try await RPCServer.start(router: router)
    let channel = try RPCChannel(target: server.addresses[0])
    for method in [Self.answer, Self.refuse, Self.answer] {
      let _: Nothing? = try? await channel.unary(
        method, Nothing(), options: CallOptions(metadata: metadata))
    }
    await channel.close()
    await server.shutdownGracefully(grace: .zero)
  }

  @Test("metrics count calls by method and status, and take their time")
  func metrics() async throws {
    let metrics = TestMetrics()
    try await run(MetricsInterceptor(factory: metrics))
    let answered = try metrics.expectCounter(
      "grpc_server_handled_total", [("method", Self.answer.path), ("code", "OK")])
    #expect(answered.totalValue == 2)
    let refused = try metrics.expectCounter(
      "grpc_server_handled_total", [("method", Self.refuse.path), ("code", "INTERNAL")])
    #expect(refused.totalValue == 1)
    let duration = try metrics.expectTimer(
      "grpc_server_handling_seconds", [("method", Self.answer.path)])
    #expect(duration.values.count == 2)
  }

  @Test("a line for each call says method, status and time, at the level it deserves")
  func logging() async throws {
    let lines = LogLines()
    var logger = Logger(label: "test") { _ in lines.handler }
    logger.logLevel = .trace
    try await run(LoggingInterceptor(logger: logger), metadata: ["authorization": "secret"])
    let all = lines.all
    #expect(all.map(\.level) == [.debug, .warning, .debug])
    #expect(all.map(\.metadata["status"]) == ["OK", "INTERNAL", "OK"])
    #expect(all.map(\.metadata["method"]).first == "\(Self.answer.path)")
    #expect(all.allSatisfy { $0.metadata["duration"] != nil && !"\($0)".contains("secret") })
  }

  @Test("a span belongs to the trace that the caller names")
  func tracing() async throws {
    let tracer = RecordingTracer()
    InstrumentationSystem.bootstrap(tracer)
    try await run(TracingInterceptor(), metadata: ["traceparent": "00-abc-def-01"])
    let spans = tracer.spans
    #expect(spans.map(\.name) == ["Answer", "Refuse", "Answer"].map { "test.Service/\($0)" })
    #expect(spans.allSatisfy { $0.parent == "00-abc-def-01" && $0.hasEnded })
    #expect(spans.map(\.code) == [0, 13, 0])
    #expect(spans.map(\.isError) == [false, true, false])
    try await clientTracing(tracer)
  }

  /// The process has one tracer, so that both sides share a test.
  private func clientTracing(_ tracer: RecordingTracer) async throws {
    let before = tracer.spans.count
    var context = ServiceContext.topLevel
    context[ParentKey.self] = "the caller"
    let seen = try await ServiceContext.withValue(context) {
      try await ClientInstrumentTests().run(ClientTracingInterceptor())
    }
    let spans = tracer.spans[before...]
    #expect(spans.map(\.name) == ["Answer", "Refuse", "Answer"].map { "test.Service/\($0)" })
    #expect(spans.allSatisfy { $0.parent == "the caller" && $0.hasEnded })
    #expect(spans.map(\.code) == [0, 13, 0])
    #expect(spans.map(\.isError) == [false, true, false])
    #expect(seen["traceparent"] == "of the caller")
  }
}
