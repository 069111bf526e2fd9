import Metrics
import MetricsTestKit
import Testing

@testable import MartletWorker

@Suite("A worker's metrics")
struct MetricsTests {
  @Test("attempts are counted by kind and ending, timed, and seen while they run")
  func counts() throws {
    let metrics = TestMetrics()
    let observer = MetricsWorkerObserver(factory: metrics)
    for _ in 0..<2 { observer.attemptStarted(kind: "k") }
    observer.attemptEnded(kind: "k", ending: .failed, duration: .milliseconds(3))
    observer.endRefused(kind: "k")
    let kind = [("kind", "k")]
    let name = "martlet_worker_attempts"
    #expect(try metrics.expectCounter("\(name)_started", kind).totalValue == 2)
    #expect(
      try metrics.expectCounter("\(name)_ended", kind + [("ending", "failed")]).totalValue == 1)
    #expect(try metrics.expectCounter("\(name)_refused", kind).totalValue == 1)
    #expect(
      try metrics.expectTimer("martlet_worker_attempt_seconds", kind).values == [3_000_000])
    #expect(try metrics.expectMeter("\(name)_running", kind).values.last == 1)
  }
}
