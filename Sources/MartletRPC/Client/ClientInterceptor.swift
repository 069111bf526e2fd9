internal import Synchronization

/// Something that stands between the callers of a channel and the network: it may refuse a call,
/// change its options, look at how it ends, and turn one error into another.
///
/// Interceptors form a chain in the order of `RPCChannelConfiguration.interceptors`. They run once
/// for a call, whatever its retry policy makes of it. A channel without interceptors pays one check
/// for each call.
public protocol ClientInterceptor: ClientInterceptorFactory {
  /// Runs around one call. To let it go on, call `next` once; to refuse it, throw an `RPCStatus`
  /// instead. `next` returns or throws when the call has ended, and the error may be thrown on or
  /// replaced. The reader of a call with many responses has seen its end by then: there only an
  /// error before `next` reaches it.
  nonisolated(nonsending) func intercept(
    _ context: ClientCallContext, next: nonisolated(nonsending) () async throws -> Void
  ) async throws
}

/// Makes the interceptor for each method: where something depends on the method that can be
/// prepared, or methods are to be left out. An interceptor that needs neither is its own factory.
public protocol ClientInterceptorFactory: Sendable {
  /// Asked once for each method of a channel; nil: calls of this method pass by.
  func clientInterceptor(for method: MethodDescriptor) -> (any ClientInterceptor)?
}

extension ClientInterceptor {
  /// Itself, for every method.
  public func clientInterceptor(for method: MethodDescriptor) -> (any ClientInterceptor)? { self }
}

/// What interceptors know about a call, and where they leave things for each other.
public final class ClientCallContext: Sendable {
  private struct State {
    var options: CallOptions
    var values: [ObjectIdentifier: any Sendable] = [:]
    var initialMetadata = RPCMetadata()
    var trailingMetadata = RPCMetadata()
  }

  /// What is called.
  public let method: MethodDescriptor
  /// The channel's target.
  public let target: String
  private let state: Mutex<State>

  init(_ method: MethodDescriptor, target: String, _ options: CallOptions) {
    self.method = method
    self.target = target
    state = Mutex(State(options: options))
  }

  /// How the call is made. Changes count until it is; the encoding of a call with streams does not
  /// change.
  public var options: CallOptions {
    get { state.withLock { $0.options } }
    set { state.withLock { $0.options = newValue } }
  }

  /// Metadata that came before the first response; empty until the call has ended.
  public var initialMetadata: RPCMetadata { state.withLock { $0.initialMetadata } }
  /// Metadata that came with the status; empty until the call has ended.
  public var trailingMetadata: RPCMetadata { state.withLock { $0.trailingMetadata } }

  /// A value for the interceptors of this call.
  public subscript<Key: CallContextKey>(_ key: Key.Type) -> Key.Value? {
    get { state.withLock { $0.values[ObjectIdentifier(key)] as? Key.Value } }
    set { state.withLock { $0.values[ObjectIdentifier(key)] = newValue } }
  }

  /// The code of what `next` has thrown; OK for nil.
  public func outcome(_ error: (any Error)?) -> StatusCode {
    error.map { RPCStatus.ofCaller($0).code } ?? .ok
  }

  func ended(_ outcome: CallOutcome) {
    state.withLock { state in
      state.initialMetadata = outcome.initialMetadata
      state.trailingMetadata = outcome.status?.metadata ?? outcome.trailingMetadata
    }
  }
}

extension RPCStatus {
  /// What an error on the caller's side comes to as a status.
  static func ofCaller(_ error: any Error) -> RPCStatus {
    switch error {
    case let status as RPCStatus: status
    case is CancellationError: RPCStatus(code: .cancelled, message: "the call was cancelled")
    default: RPCStatus(code: .unknown, message: "\(error)")
    }
  }
}

/// The interceptors of a channel, by method.
final class ClientInterceptorChains: Sendable {
  private let factories: [any ClientInterceptorFactory]
  private let byMethod = Mutex<[MethodDescriptor: [any ClientInterceptor]]>([:])

  /// Nil if there are no interceptors.
  init?(_ factories: [any ClientInterceptorFactory]) {
    guard !factories.isEmpty else { return nil }
    self.factories = factories
  }

  private func chain(for method: MethodDescriptor) -> [any ClientInterceptor] {
    if let known = byMethod.withLock({ $0[method] }) { return known }
    let made = factories.compactMap { $0.clientInterceptor(for: method) }
    return byMethod.withLock { byMethod in
      if let known = byMethod[method] { return known }
      byMethod[method] = made
      return made
    }
  }

  /// Runs `body` at the end of the method's chain, with the options that the chain has left.
  nonisolated(nonsending) func run<Result>(
    _ context: ClientCallContext,
    _ body: nonisolated(nonsending) (CallOptions) async throws -> Result
  ) async throws -> Result {
    var result: Result?
    try await run(chain(for: context.method)[...], context) {
      result = try await body(context.options)
    }
    guard let result else {
      throw RPCStatus(code: .internalError, message: "an interceptor did not let the call go on")
    }
    return result
  }

  private nonisolated(nonsending) func run(
    _ chain: ArraySlice<any ClientInterceptor>, _ context: ClientCallContext,
    _ body: nonisolated(nonsending) () async throws -> Void
  ) async throws {
    guard let first = chain.first else { return try await body() }
    try await first.intercept(context) {
      try await run(chain.dropFirst(), context, body)
    }
  }

  /// Starts a call with many responses: the chain runs beside its reader.
  func start(_ call: ClientCall, on channel: ChannelDriver) {
    let context = ClientCallContext(call.method, target: channel.target, call.options)
    Task {
      do {
        try await run(context) { options in
          call.update(options)
          let outcome = await withUnsafeContinuation { channel.start(call, $0) }
          context.ended(outcome)
          if let status = outcome.status { throw status }
        }
      } catch {
        channel.fail(call, RPCStatus.ofCaller(error))
      }
    }
  }
}
