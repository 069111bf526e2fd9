import MartletAPI
import Testing

/// The worlds that the simulation lives through are of use for limits only if those come to all
/// that can happen to them.
@Suite("Simulated limits")
struct LimitReachTests {
  @Test("bind tasks and calls, are changed, and their permits are released and lost")
  func reach() throws {
    var counts: [API.EventType: Int] = [:]
    var (inLine, kept, limited) = (0, 0, 0)
    for seed in UInt64(1)...40 {
      let simulation = try Simulation(seed: seed)
      try simulation.run(steps: 400)
      for event in simulation.checker.publicEvents {
        counts[event.type, default: 0] += 1
        if event.permits?.taskId.isEmpty == false { kept += 1 }
      }
      limited += simulation.limitedSeen
      inLine += simulation.checker.model.limits.asked.grantedInLine
    }
    let types: [API.EventType] = [
      .limitCreated, .limitUpdated, .limitDeleted, .limitPermitsGranted, .limitPermitsReleased,
      .limitPermitsExpired,
    ]
    for type in types { #expect(counts[type, default: 0] >= 5, "\(type)") }
    #expect(inLine >= 10 && kept >= 1 && limited >= 20, "\(inLine) \(kept) \(limited)")
  }
}
