import MartletWorkerCheck
import Synchronization
import Testing

@Suite("The check of workers", .serialized)
struct CheckTests {
  /// Short limits: each flaw is waited for.
  private static var short: CheckTiming {
    var timing = CheckTiming()
    timing.step = .seconds(3)
    timing.start = .seconds(60)
    timing.reconnect = .seconds(4)
    timing.talk = .seconds(2)
    timing.silence = .seconds(5)
    timing.stop = .seconds(4)
    return timing
  }

  /// Long limits: the machine may be busy with other tests.
  private static var long: CheckTiming {
    var timing = CheckTiming()
    timing.step = .seconds(30)
    timing.prompt = .seconds(30)
    timing.start = .seconds(60)
    timing.reconnect = .seconds(60)
    timing.silence = .seconds(60)
    timing.stop = .seconds(60)
    return timing
  }

  private func run(
    _ flaw: Flaw?, _ scenarios: [Scenario], _ timing: CheckTiming
  ) async -> (summary: WorkerCheck.Summary, report: String) {
    let report = Mutex("")
    let check = WorkerCheck(
      launcher: ReferenceLauncher(flaw), scenarios: scenarios, timing: timing)
    let summary = await check.run { line in report.withLock { $0 += line } }
    return (summary, report.withLock { $0 })
  }

  @Test("a worker that keeps all rules passes all scenarios")
  func good() async {
    let (summary, report) = await run(nil, Scenario.all, Self.long)
    #expect(summary.failed == 0 && summary.bailedOut == nil, "\(report)")
    #expect(summary.passed == Scenario.all.count)
    #expect(!report.contains("not ok"))
  }

  /// They mostly wait: some at a time.
  @Test("each scenario finds the workers that break its rule")
  func finds() async {
    var pairs = Scenario.all.flatMap { scenario in
      (Flaw.found[scenario.name] ?? []).map { (scenario, $0) }
    }[...]
    await withTaskGroup(of: Void.self) { group in
      for (scenario, flaw) in pairs.prefix(8) {
        group.addTask { await finds(scenario, flaw) }
      }
      pairs = pairs.dropFirst(8)
      for await _ in group {
        guard let (scenario, flaw) = pairs.popFirst() else { continue }
        group.addTask { await finds(scenario, flaw) }
      }
    }
  }

  private func finds(_ scenario: Scenario, _ flaw: Flaw) async {
    var (summary, report) = await run(flaw, [scenario], Self.short)
    // On a busy machine a worker may be too slow for its flaw to show.
    for _ in 0..<2 where summary.failed == 0 {
      (summary, report) = await run(flaw, [scenario], Self.short)
    }
    #expect(summary.failed == 1, "\(flaw) passes \(scenario.name): \(report)")
    #expect(report.contains("not ok 1 - \(scenario.name)"))
    #expect(report.contains("  rule: \"docs/workers.md"))
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
