import MartletAPI
import Testing

/// The worlds that the simulation lives through are of use for locks only if those come to all that
/// can happen to them.
@Suite("Simulated locks")
struct LockReachTests {
  @Test("are granted at once and in line, counted, released, lost and broken")
  func reach() throws {
    var counts: [API.EventType: Int] = [:]
    var (again, inLine) = (0, 0)
    for seed in UInt64(1)...40 {
      let simulation = try Simulation(seed: seed)
      try simulation.run(steps: 400)
      for event in simulation.checker.publicEvents {
        counts[event.type, default: 0] += 1
        if event.type == .lockAcquired, event.lock?.count ?? 0 > 1 { again += 1 }
      }
      inLine += simulation.checker.model.askedLocks.grantedInLine
    }
    for type in [API.EventType.lockAcquired, .lockReleased, .lockExpired, .lockBroken] {
      #expect(counts[type, default: 0] >= 5, "\(type)")
    }
    #expect(again >= 10 && inLine >= 10)
  }
}
