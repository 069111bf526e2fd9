import MartletAPI
import MartletRPC
import Metrics

/// Counts calls by method and by whether they were answered or failed.
struct CallMetrics: Sendable {
  private struct Counters: Sendable {
    let answered: Counter
    let failed: Counter
  }

  private let counters: [MethodDescriptor: Counters]

  init() {
    let methods =
      API.PoolServiceMethods.all + API.TaskServiceMethods.all + API.EventServiceMethods.all
      + API.ServerServiceMethods.all
    counters = Dictionary(
      methods.map { method in
        func counter(_ outcome: String) -> Counter {
          Counter(
            label: "martlet_rpcs_total",
            dimensions: [("method", method.path), ("outcome", outcome)])
        }
        return (method, Counters(answered: counter("answered"), failed: counter("failed")))
      }, uniquingKeysWith: { first, _ in first })
  }

  func ended(_ method: MethodDescriptor, failed: Bool) {
    guard let counters = counters[method] else { return }
    (failed ? counters.failed : counters.answered).increment()
  }
}
