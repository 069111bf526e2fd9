import MartletCore
import Testing

/// The simulation bites: an engine that breaks one of its rules is found out.
@Suite("An engine with a broken rule")
struct BrokenRuleTests {
  /// Far fewer than the simulation lives through each time.
  private static let seeds: ClosedRange<UInt64> = 1...150

  @Test("is found out by the simulation", arguments: BrokenRule.allCases)
  func isFound(_ rule: BrokenRule) throws {
    for seed in Self.seeds {
      let simulation = try Simulation(seed: seed, broken: rule)
      do throws(Violation) {
        try simulation.run(steps: 400)
      } catch {
        return
      }
    }
    Issue.record("nobody noticed in \(Self.seeds.count) worlds")
  }
}
