/// Plays the server to a worker, and finds out which rules it keeps.
package struct WorkerCheck: Sendable {
  private let launcher: any WorkerLauncher
  private let scenarios: [Scenario]
  private let timing: CheckTiming

  package init(
    launcher: any WorkerLauncher, scenarios: [Scenario] = Scenario.all,
    timing: CheckTiming = CheckTiming()
  ) {
    self.launcher = launcher
    self.scenarios = scenarios
    self.timing = timing
  }

  /// What was found out.
  package struct Summary: Sendable, Equatable {
    package var passed = 0
    package var failed = 0
    /// Why the check ended before its end; nil: it did not.
    package var bailedOut: String?
    package var isGood: Bool { failed == 0 && bailedOut == nil }
  }

  /// Runs the scenarios and hands out the report, line by line, as soon as it is known.
  package func run(_ write: @escaping @Sendable (String) -> Void) async -> Summary {
    write(TAPReport.head(count: scenarios.count))
    var summary = Summary()
    var waiting: [Int: ScenarioResult] = [:]
    var next = 0
    do {
      let (results, running) = play()
      for try await (index, result) in results {
        waiting[index] = result
        while let result = waiting.removeValue(forKey: next) {
          next += 1
          write(TAPReport.text(of: result, number: next))
          if result.failure == nil { summary.passed += 1 } else { summary.failed += 1 }
        }
      }
      // No process is left behind, cancelled or not.
      await running.value
      try Task.checkCancellation()
    } catch {
      let reason = error is CancellationError ? "interrupted" : "\(error)"
      summary.bailedOut = reason
      write(TAPReport.bailOut(reason))
    }
    return summary
  }

  /// Results with the places of their scenarios, as they come, and what makes them.
  private func play() -> (AsyncThrowingStream<(Int, ScenarioResult), any Error>, Task<Void, Never>)
  {
    let (stream, results) = AsyncThrowingStream.makeStream(of: (Int, ScenarioResult).self)
    let running = Task {
      do {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for lane in lanes() {
            group.addTask {
              try await Lane(launcher: launcher, timing: timing).run(lane) { index, result in
                results.yield((index, result))
              }
            }
          }
          try await group.waitForAll()
        }
        results.finish()
      } catch {
        results.finish(throwing: error)
      }
    }
    results.onTermination = { _ in running.cancel() }
    return (stream, running)
  }

  /// Scenarios that are played one after the other, beside those of the other lanes.
  private func lanes() -> [[(Int, Scenario)]] {
    var shared: [[(Int, Scenario)]] = [[], [], []]
    let share = scenarios.count { if case .shared = $0.place { true } else { false } } / 3 + 1
    var sharedCount = 0
    var own: [(Int, Scenario)] = []
    var slow: [[(Int, Scenario)]] = []
    for (index, scenario) in scenarios.enumerated() {
      switch scenario.place {
      case .shared:
        shared[min(sharedCount / share, shared.count - 1)].append((index, scenario))
        sharedCount += 1
      case .own, .unstarted: own.append((index, scenario))
      case .slow: slow.append([(index, scenario)])
      }
    }
    return (shared + [own] + slow).filter { !$0.isEmpty }
  }
}
