import MartletRPC
import Metrics

/// Counts Martlet's own calls by method and by whether they were answered or failed.
struct CallMetrics: ServerInterceptorFactory {
  func observer(of method: MethodDescriptor) -> (any ServerCallObserver)? {
    method.service.hasPrefix("martlet.v1.") ? Counters(method) : nil
  }

  private struct Counters: ServerCallObserver {
    private let answered: Counter
    private let failed: Counter

    init(_ method: MethodDescriptor) {
      func counter(_ outcome: String) -> Counter {
        Counter(
          label: "martlet_rpcs_total",
          dimensions: [("method", method.path), ("outcome", outcome)])
      }
      answered = counter("answered")
      failed = counter("failed")
    }

    func callEnded(_ code: StatusCode, nanoseconds: Int64) {
      (code == .ok ? answered : failed).increment()
    }
  }
}
