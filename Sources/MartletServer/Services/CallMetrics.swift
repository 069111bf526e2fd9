import MartletRPC
import Metrics

/// Counts Martlet's own calls by method and by whether they were answered or failed.
struct CallMetrics: ServerInterceptorFactory {
  func interceptor(for method: MethodDescriptor) -> (any ServerInterceptor)? {
    method.service.hasPrefix("martlet.v1.") ? Counters(method) : nil
  }

  private struct Counters: ServerInterceptor {
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

    nonisolated(nonsending) func intercept(
      _ context: CallContext, next: nonisolated(nonsending) () async throws -> Void
    ) async throws {
      do {
        try await next()
      } catch {
        failed.increment()
        throw error
      }
      answered.increment()
    }
  }
}
