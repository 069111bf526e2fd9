public import MartletRPC
public import Metrics
internal import Synchronization

/// Counts calls by method and status (`grpc_server_handled_total`, dimensions `method` and `code`)
/// and takes their time (`grpc_server_handling_seconds`, dimension `method`), from the reading of
/// the request until the answer is made.
public struct MetricsInterceptor: ServerInterceptorFactory {
  private let factory: (any MetricsFactory)?

  /// - Parameter factory: Where the metrics are made; nil: the process's.
  public init(factory: (any MetricsFactory)? = nil) { self.factory = factory }

  public func observer(of method: MethodDescriptor) -> (any ServerCallObserver)? {
    MethodMetrics(method, factory ?? MetricsSystem.factory)
  }
}

/// The metrics of one method, made once: a call looks nothing up.
private final class MethodMetrics: ServerCallObserver {
  private let method: MethodDescriptor
  private let factory: any MetricsFactory
  private let answered: Counter
  private let duration: Timer
  /// Few methods fail in many ways: these are made when they are needed.
  private let failed = Mutex<[StatusCode: Counter]>([:])

  init(_ method: MethodDescriptor, _ factory: any MetricsFactory) {
    self.method = method
    self.factory = factory
    answered = Self.counter(.ok, of: method, factory)
    duration = Timer(
      label: "grpc_server_handling_seconds", dimensions: [("method", method.path)],
      factory: factory)
  }

  func callEnded(_ code: StatusCode, nanoseconds: Int64) {
    duration.recordNanoseconds(nanoseconds)
    guard code != .ok else { return answered.increment() }
    let counter = failed.withLock { failed in
      if let counter = failed[code] { return counter }
      let counter = Self.counter(code, of: method, factory)
      failed[code] = counter
      return counter
    }
    counter.increment()
  }

  private static func counter(
    _ code: StatusCode, of method: MethodDescriptor, _ factory: any MetricsFactory
  ) -> Counter {
    Counter(
      label: "grpc_server_handled_total",
      dimensions: [("method", method.path), ("code", code.description)], factory: factory)
  }
}
