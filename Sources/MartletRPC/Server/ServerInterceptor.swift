/// Something that stands between the callers and the handlers of a router: it may refuse a call,
/// look at how it ends, turn one error into another, and leave metadata and values for those behind
/// it.
///
/// Interceptors form a chain in the order in which they were added; the handler is at its end. They
/// see calls whose method exists and whose header block is in order. A chain without interceptors
/// costs nothing.
public protocol ServerInterceptor: ServerInterceptorFactory {
  /// Runs around one call. To let it go on, call `next` once; to refuse it, throw an `RPCStatus`
  /// instead. What `next` throws is what the handler, or an interceptor behind this one, has
  /// thrown, and may be thrown on or replaced. The answer to a call with a single response leaves
  /// when the chain has returned: throwing after `next` still replaces it.
  nonisolated(nonsending) func intercept(
    _ context: CallContext, next: nonisolated(nonsending) () async throws -> Void
  ) async throws
}

/// Makes what stands around the calls of each method, an interceptor, an observer or both: where
/// something depends on the method that can be prepared, or methods are to be left out. An
/// interceptor that needs neither is its own factory.
public protocol ServerInterceptorFactory: Sendable {
  /// Asked once for each method when a server starts; nil: calls of this method pass by.
  func interceptor(for method: MethodDescriptor) -> (any ServerInterceptor)?

  /// Asked once for each method when a server starts; nil: nobody is told how its calls end.
  func observer(of method: MethodDescriptor) -> (any ServerCallObserver)?
}

extension ServerInterceptorFactory {
  /// None.
  public func interceptor(for method: MethodDescriptor) -> (any ServerInterceptor)? { nil }

  /// None.
  public func observer(of method: MethodDescriptor) -> (any ServerCallObserver)? { nil }
}

extension ServerInterceptor {
  /// Itself, for every method.
  public func interceptor(for method: MethodDescriptor) -> (any ServerInterceptor)? { self }
}

/// The name and type of a value that interceptors and handlers of a call pass on to each other.
///
/// ```swift
/// enum CallerName: CallContextKey { typealias Value = String }
/// context[CallerName.self] = "ann"
/// ```
public protocol CallContextKey {
  associatedtype Value: Sendable
}

extension ServerCall {
  @usableFromInline var hasInterceptors: Bool {
    unmanagedMethod?._withUnsafeGuaranteedRef { $0.hasInterceptors } ?? false
  }

  /// Runs `body` at the end of the method's chain.
  @inlinable
  nonisolated(nonsending) func intercepted<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async throws -> Result {
    let chain = interceptors
    guard !chain.isEmpty else { return try await body() }
    var result: Result?
    try await chain[0].intercept(CallContext(call: self)) {
      // One interceptor is the usual case: each further step of the chain has its price.
      if chain.count == 1 {
        result = try await body()
      } else {
        try await runChain(from: 1) { result = try await body() }
      }
    }
    guard let result else {
      throw RPCStatus(code: .internalError, message: "an interceptor did not let the call go on")
    }
    return result
  }

  @usableFromInline
  nonisolated(nonsending) func runChain(
    from index: Int, _ body: nonisolated(nonsending) () async throws -> Void
  ) async throws {
    let chain = interceptors
    guard index < chain.count else { return try await body() }
    try await chain[index].intercept(CallContext(call: self)) {
      try await runChain(from: index + 1, body)
    }
  }
}

extension CallContext {
  /// A value that was left for the rest of the call; nil: none was. For one task at a time, as
  /// interceptors and handlers run.
  public subscript<Key: CallContextKey>(_ key: Key.Type) -> Key.Value? {
    get { call?.values[ObjectIdentifier(key)] as? Key.Value }
    nonmutating set { call?.values[ObjectIdentifier(key)] = newValue }
  }

  /// How the call has ended, or will when `error` (nil: none) leaves the chain. A deadline or a
  /// caller that went away comes before whatever the handler made of it.
  public func outcome(_ error: (any Error)?) -> StatusCode {
    if let settled = call?.settledCode { return settled }
    return error.map { ServerCall.status(of: $0).code } ?? .ok
  }
}
