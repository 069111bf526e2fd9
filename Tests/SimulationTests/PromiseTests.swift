import Foundation
import Testing

/// MARTLET_SEEDS says how many worlds to live through (500; 10,000 with MARTLET_TEST_LONG=1),
/// MARTLET_SEED which one alone, MARTLET_STEPS how long each lives (400).
@Suite("Simulation")
struct PromiseTests {
  private static func setting(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  private static var seeds: [UInt64] {
    if let one = setting("MARTLET_SEED") { return [one] }
    let isLong = ProcessInfo.processInfo.environment["MARTLET_TEST_LONG"] == "1"
    return Array(1...max(setting("MARTLET_SEEDS") ?? (isLong ? 10_000 : 500), 1))
  }

  @Test("no crash, delay, repeat or failing disk breaks a promise", arguments: seeds)
  func promises(seed: UInt64) throws {
    let simulation = try Simulation(seed: seed)
    do throws(Violation) {
      try simulation.run(steps: Int(Self.setting("MARTLET_STEPS") ?? 400))
    } catch {
      Issue.record(
        """
        seed \(seed), step \(simulation.step), after \(simulation.crashes) restarts: \(error)
        Again: MARTLET_SEED=\(seed) swift test --filter SimulationTests
        """)
    }
  }
}
