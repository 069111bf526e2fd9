/// Plays scenarios one after the other.
struct Lane: Sendable {
  let launcher: any WorkerLauncher
  let timing: CheckTiming

  /// A worker that never says hello ends the check.
  struct NoWorker: Error, CustomStringConvertible {
    var description: String
  }

  func run(
    _ scenarios: [(Int, Scenario)], _ report: @Sendable (Int, ScenarioResult) -> Void
  ) async throws {
    var stage: Stage?
    do {
      for (index, scenario) in scenarios {
        try Task.checkCancellation()
        let current: Stage
        if let stage, case .shared = scenario.place {
          current = stage
        } else {
          await stage?.close()
          current = try await open(for: scenario)
        }
        stage = current
        let failure = await play(scenario, on: current)
        report(index, ScenarioResult(scenario: scenario, failure: failure))
        guard case .shared = scenario.place else { continue }
        // What one scenario leaves behind must not spoil the next.
        if failure == nil, await current.settle() { continue }
        await current.close()
        stage = nil
      }
    } catch {
      await stage?.close()
      throw error
    }
    await stage?.close()
  }

  /// A stage for a scenario, the worker connected unless the scenario starts it.
  private func open(for scenario: Scenario) async throws -> Stage {
    let stage = try await Stage.open(launcher, timing)
    if case .unstarted = scenario.place { return stage }
    do {
      try stage.startWorker()
      try await stage.line(after: 0, within: timing.start)
    } catch {
      let output = stage.workerOutput
      await stage.close()
      guard let breach = error as? Breach else { throw error }
      let words = output.split(whereSeparator: \.isNewline).suffix(2).joined(separator: " | ")
      throw NoWorker(description: "no worker: expected \(breach.expected). \(words)")
    }
    return stage
  }

  private func play(_ scenario: Scenario, on stage: Stage) async -> ScenarioResult.Failure? {
    stage.change { $0.start = $0.entries.count }
    do {
      try await scenario.body(stage)
      return nil
    } catch let breach as Breach {
      return .init(
        expected: breach.expected, heard: breach.heard, output: stage.workerOutput)
    } catch {
      return .init(
        expected: "the check to go on: \(error)", heard: [], output: stage.workerOutput)
    }
  }
}
