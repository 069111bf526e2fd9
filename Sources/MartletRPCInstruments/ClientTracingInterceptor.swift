internal import Instrumentation
public import MartletRPC
internal import ServiceContextModule
internal import Tracing

/// Makes a span for each call of a channel, within `ServiceContext.current`, and tells the server
/// of it in the call's metadata (`traceparent`, or whatever the process's instrument writes).
public struct ClientTracingInterceptor: ClientInterceptor {
  public init() {}

  public nonisolated(nonsending) func intercept(
    _ context: ClientCallContext, next: nonisolated(nonsending) () async throws -> Void
  ) async throws {
    let method = context.method
    let span = startSpan(
      String(method.path.dropFirst()), context: ServiceContext.current ?? .topLevel,
      ofKind: .client)
    defer { span.end() }
    span.attributes["rpc.system"] = "grpc"
    span.attributes["rpc.service"] = method.service
    span.attributes["rpc.method"] = method.method
    span.attributes["server.address"] = context.target
    var metadata = context.options.metadata
    InstrumentationSystem.instrument.inject(
      span.context, into: &metadata, using: MetadataInjector())
    context.options.metadata = metadata
    do {
      try await ServiceContext.withValue(span.context) { try await next() }
      span.attributes["rpc.grpc.status_code"] = StatusCode.ok.rawValue
    } catch {
      let code = context.outcome(error)
      span.attributes["rpc.grpc.status_code"] = code.rawValue
      span.recordError(error)
      span.setStatus(SpanStatus(code: .error, message: "\(code)"))
      throw error
    }
  }
}

private struct MetadataInjector: Injector {
  func inject(_ value: String, forKey key: String, into carrier: inout RPCMetadata) {
    carrier.append(key, value)
  }
}
