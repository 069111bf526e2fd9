public import MartletRPC
public import Metrics
internal import Synchronization

/// Counts the calls of a channel by method and status (`grpc_client_handled_total`, dimensions
/// `method` and `code`) and takes their time, repeats included (`grpc_client_handling_seconds`,
/// dimension `method`).
public struct ClientMetricsInterceptor: ClientInterceptorFactory {
  private let factory: (any MetricsFactory)?

  /// - Parameter factory: Where the metrics are made; nil: the process's.
  public init(factory: (any MetricsFactory)? = nil) { self.factory = factory }

  public func clientInterceptor(for method: MethodDescriptor) -> (any ClientInterceptor)? {
    ClientMethodMetrics(method, factory ?? MetricsSystem.factory)
  }
}

/// The metrics of one method, made once.
private final class ClientMethodMetrics: ClientInterceptor {
  private let method: MethodDescriptor
  private let factory: any MetricsFactory
  private let duration: Timer
  private let counters = Mutex<[StatusCode: Counter]>([:])

  init(_ method: MethodDescriptor, _ factory: any MetricsFactory) {
    self.method = method
    self.factory = factory
    duration = Timer(
      label: "grpc_client_handling_seconds", dimensions: [("method", method.path)],
      factory: factory)
  }

  nonisolated(nonsending) func intercept(
    _ context: ClientCallContext, next: nonisolated(nonsending) () async throws -> Void
  ) async throws {
    let start = ContinuousClock.now
    do {
      try await next()
      ended(context.outcome(nil), since: start)
    } catch {
      ended(context.outcome(error), since: start)
      throw error
    }
  }

  private func ended(_ code: StatusCode, since start: ContinuousClock.Instant) {
    let elapsed = (ContinuousClock.now - start).components
    duration.recordNanoseconds(
      elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000)
    let counter = counters.withLock { counters in
      if let counter = counters[code] { return counter }
      let counter = Counter(
        label: "grpc_client_handled_total",
        dimensions: [("method", method.path), ("code", code.description)], factory: factory)
      counters[code] = counter
      return counter
    }
    counter.increment()
  }
}
