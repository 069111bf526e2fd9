import MartletAPI
import Testing

/// The worlds that the simulation lives through are of use for schedules only if much happens to
/// those in them.
@Suite("Simulated schedules")
struct ScheduleReachTests {
  @Test("come to everything that can happen to them")
  func reach() throws {
    var counts: [API.EventType: Int] = [:]
    for seed in UInt64(1)...60 {
      let simulation = try Simulation(seed: seed)
      try simulation.run(steps: 400)
      for event in simulation.checker.publicEvents { counts[event.type, default: 0] += 1 }
    }
    let all = API.EventType.allCases.filter { $0.protobufName.contains("_SCHEDULE_") }
    #expect(all.count == 11)
    for type in all { #expect(counts[type, default: 0] >= 5, "\(type)") }
  }
}
