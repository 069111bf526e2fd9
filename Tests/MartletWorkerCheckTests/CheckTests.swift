import MartletWorkerCheck
import Synchronization
import Testing

@Suite("The check of workers", .serialized)
struct CheckTests {
  /// Short limits: the reference worker is quick, and each flaw is waited for.
  private static var timing: CheckTiming {
    var timing = CheckTiming()
    timing.step = .seconds(3)
    timing.start = .seconds(5)
    timing.reconnect = .seconds(4)
    timing.talk = .seconds(2)
    timing.silence = .seconds(5)
    timing.stop = .seconds(4)
    return timing
  }

  private func run(
    _ flaw: Flaw?, _ scenarios: [Scenario]
  ) async -> (summary: WorkerCheck.Summary, report: String) {
    let report = Mutex("")
    let check = WorkerCheck(
      launcher: ReferenceLauncher(flaw), scenarios: scenarios, timing: Self.timing)
    let summary = await check.run { line in report.withLock { $0 += line } }
    return (summary, report.withLock { $0 })
  }

  @Test("a worker that keeps all rules passes all scenarios")
  func good() async {
    let (summary, report) = await run(nil, Scenario.all)
    #expect(summary.failed == 0 && summary.bailedOut == nil, "\(report)")
    #expect(summary.passed == Scenario.all.count)
    #expect(!report.contains("not ok"))
  }

  @Test("each scenario finds the workers that break its rule", arguments: Scenario.all.map(\.name))
  func finds(_ name: String) async throws {
    let scenario = try #require(Scenario.all.first { $0.name == name })
    for flaw in Flaw.found[name] ?? [] {
      let (summary, report) = await run(flaw, [scenario])
      #expect(summary.failed == 1, "\(flaw) passes \(name): \(report)")
      #expect(report.contains("not ok 1 - \(name)"))
      #expect(report.contains("  rule: \"docs/workers.md"))
    }
  }

  @Test("there is a flaw for each scenario, and a scenario for each flaw")
  func complete() {
    let names = Set(Scenario.all.map(\.name))
    #expect(names.count == Scenario.all.count, "names are unique")
    #expect(names.count >= 40)
    #expect(names == Set(Flaw.found.keys))
    #expect(Flaw.allCases.filter { $0.scenarios.isEmpty } == [])
  }
}
