public import MartletProtobuf

/// A service that can be called: generated service protocols refine it and write `register`
/// themselves.
public protocol RPCService: Sendable {
  func register(in router: inout ServerRouter)
}

/// The methods that a server answers. A value: a server keeps the one it was started with.
public struct ServerRouter: Sendable {
  private(set) var entries: [MethodEntry] = []
  private(set) var interceptors: [any ServerInterceptorFactory] = []

  public init() {}

  /// The methods that were added, in order.
  public var methods: [MethodDescriptor] { entries.map(\.descriptor) }

  /// Adds all methods of a service.
  public mutating func add(_ service: some RPCService) { service.register(in: &self) }

  /// Adds an interceptor for all methods of the router, behind those added before: the first sees a
  /// call first, and its end last.
  public mutating func add(_ interceptor: some ServerInterceptorFactory) {
    interceptors.append(interceptor)
  }

  /// Handlers start on the event loop of their connection, and run there whenever they are not
  /// bound to an actor: they must not block. Their Swift task is cancelled when the client cancels
  /// or goes away, and at the call's deadline.
  @inlinable
  public mutating func unary<I: ProtobufMessage, O: ProtobufMessage>(
    _ method: MethodDescriptor,
    _ handler: nonisolated(nonsending) @escaping @Sendable (I, CallContext) async throws -> O
  ) {
    add(method) { call in await call.runUnary(handler) }
  }

  /// Serves a method with one request and a stream of responses.
  @inlinable
  public mutating func serverStreaming<I: ProtobufMessage, O: ProtobufMessage>(
    _ method: MethodDescriptor,
    _ handler:
      nonisolated(nonsending) @escaping @Sendable (I, ResponseWriter<O>, CallContext) async throws
      -> Void
  ) {
    add(method) { call in await call.runServerStreaming(handler) }
  }

  /// Serves a method with a stream of requests and one response.
  @inlinable
  public mutating func clientStreaming<I: ProtobufMessage, O: ProtobufMessage>(
    _ method: MethodDescriptor,
    _ handler:
      nonisolated(nonsending) @escaping @Sendable (RequestStream<I>, CallContext) async throws -> O
  ) {
    add(method) { call in await call.runClientStreaming(handler) }
  }

  /// Serves a method with a stream of requests and a stream of responses.
  @inlinable
  public mutating func bidirectional<I: ProtobufMessage, O: ProtobufMessage>(
    _ method: MethodDescriptor,
    _ handler:
      nonisolated(nonsending) @escaping @Sendable (RequestStream<I>, ResponseWriter<O>, CallContext)
      async throws -> Void
  ) {
    add(method) { call in await call.runBidirectional(handler) }
  }

  /// Sets the largest request message of a method, in bytes (1 to 2³¹). Unset: the server's
  /// `requestBytesMax`. A larger message ends its call with RESOURCE_EXHAUSTED as soon as its
  /// length is known.
  public mutating func setMaxRequestBytes(_ bytes: Int, for method: MethodDescriptor) {
    for index in entries.indices where entries[index].descriptor == method {
      entries[index].requestBytesMax = max(1, min(bytes, 1 << 31))
    }
  }

  /// Adds a method; one with the same path is replaced.
  @usableFromInline
  mutating func add(
    _ method: MethodDescriptor,
    run: @escaping @Sendable (ServerCall) async -> Void
  ) {
    entries.removeAll { $0.descriptor.path == method.path }
    entries.append(MethodEntry(descriptor: method, requestBytesMax: nil, run: run))
  }
}

/// A method and how to run a call of it.
struct MethodEntry: Sendable {
  let descriptor: MethodDescriptor
  var requestBytesMax: Int?
  let run: @Sendable (ServerCall) async -> Void
}
