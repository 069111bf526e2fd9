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
import Tracing

@Suite("Instruments of a client") struct ClientInstrumentTests {
  /// What the server saw of the last call.
  private final class Seen: Sendable {
    private let state = Mutex(RPCMetadata())
    var metadata: RPCMetadata {
      get { state.withLock { $0 } }
      set { state.withLock { $0 = newValue } }
    }
  }

  /// Calls one method that answers and one that refuses; returns the metadata that came.
  func run(_ interceptor: some ClientInterceptorFactory) async throws -> RPCMetadata {
    let seen = Seen()
    var router = ServerRouter()
    router.unary(InstrumentTests.answer) { (request: Nothing, context) in
      seen.metadata = context.metadata
      return request
    }
    router.unary(InstrumentTests.refuse) { (_: Nothing, _) -> Nothing in
      throw RPCStatus(code: .internalError, message: "secret")
    }
    let server = try await RPCServer.start(router: router)
    var configuration = RPCChannelConfiguration()
    configuration.interceptors = [interceptor]
    let channel = try RPCChannel(target: server.addresses[0], configuration: configuration)
    for method in [InstrumentTests.answer, InstrumentTests.refuse, InstrumentTests.answer] {
      let _: Nothing? = try? await channel.unary(
        method, Nothing(), options: CallOptions(metadata: ["authorization": "secret"]))
    }
    await channel.close()
    await server.shutdownGracefully(grace: .zero)
    return seen.metadata
  }

  @Test("metrics count calls by method and status, and take their time")
  func metrics() async throws {
    let metrics = TestMetrics()
    _ = try await run(ClientMetricsInterceptor(factory: metrics))
    let answered = try metrics.expectCounter(
      "grpc_client_handled_total", [("method", InstrumentTests.answer.path), ("code", "OK")])
    #expect(answered.totalValue == 2)
    let refused = try metrics.expectCounter(
      "grpc_client_handled_total",
      [("method", InstrumentTests.refuse.path), ("code", "INTERNAL")])
    #expect(refused.totalValue == 1)
    let duration = try metrics.expectTimer(
      "grpc_client_handling_seconds", [("method", InstrumentTests.answer.path)])
    #expect(duration.values.count == 2)
  }

  @Test("a line for each call says method, target, status and time")
  func logging() async throws {
    let lines = LogLines()
    var logger = Logger(label: "test") { _ in lines.handler }
    logger.logLevel = .trace
    _ = try await run(ClientLoggingInterceptor(logger: logger))
    let all = lines.all
    #expect(all.map(\.level) == [.debug, .info, .debug])
    #expect(all.map(\.metadata["status"]) == ["OK", "INTERNAL", "OK"])
    #expect(all.allSatisfy { $0.metadata["target"] != nil && $0.metadata["duration"] != nil })
    #expect(all.allSatisfy { !"\($0)".contains("secret") })
  }
}
