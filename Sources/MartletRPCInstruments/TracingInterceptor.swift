internal import Instrumentation
public import MartletRPC
internal import ServiceContextModule
internal import Tracing

/// Makes a span for each call, within the trace that the caller's metadata names (`traceparent`, or
/// whatever the process's instrument reads). Handlers find it as `ServiceContext.current`.
public struct TracingInterceptor: ServerInterceptor {
  public init() {}

  public nonisolated(nonsending) func intercept(
    _ context: CallContext, next: nonisolated(nonsending) () async throws -> Void
  ) async throws {
    var parent = ServiceContext.topLevel
    InstrumentationSystem.instrument.extract(
      context.metadata, into: &parent, using: MetadataExtractor())
    let method = context.method
    let span = startSpan(String(method.path.dropFirst()), context: parent, ofKind: .server)
    defer { span.end() }
    span.attributes["rpc.system"] = "grpc"
    span.attributes["rpc.service"] = method.service
    span.attributes["rpc.method"] = method.method
    do {
      try await ServiceContext.withValue(span.context) { try await next() }
      Self.end(span, context.outcome(nil))
    } catch {
      span.recordError(error)
      Self.end(span, context.outcome(error))
      throw error
    }
  }

  private static func end(_ span: any Span, _ code: StatusCode) {
    span.attributes["rpc.grpc.status_code"] = code.rawValue
    let failures: [StatusCode] = [
      .unknown, .deadlineExceeded, .unimplemented, .internalError, .unavailable, .dataLoss,
    ]
    if failures.contains(code) { span.setStatus(SpanStatus(code: .error, message: "\(code)")) }
  }
}

private struct MetadataExtractor: Extractor {
  func extract(key: String, from carrier: RPCMetadata) -> String? { carrier[key.lowercased()] }
}
