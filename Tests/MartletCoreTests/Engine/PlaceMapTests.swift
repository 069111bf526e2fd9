import Testing

@testable import MartletCore

@Suite("Place map")
struct PlaceMapTests {
  @Test(
    "it says what a dictionary says, whatever comes and goes",
    arguments: 1...8 as ClosedRange<UInt64>)
  func likeADictionary(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var map = PlaceMap()
    var model: [TaskID: TaskTable.Place] = [:]
    // Few ids, so that they come back; every other seed takes ids like those that are given out.
    let stride: UInt64 = seed % 2 == 0 ? 1 : 1 << 22
    for step in 0..<6_000 {
      let id = TaskID(rawValue: UInt64.random(in: 1...900, using: &random) * stride)
      let growing = step < 2_000 || Bool.random(using: &random)
      if let known = model[id] {
        #expect(map[id] == known)
        if !growing || Bool.random(using: &random) {
          map.remove(id)
          model[id] = nil
        }
      } else {
        #expect(map[id] == nil)
        map.remove(id)
        if growing {
          map.insert(id, at: TaskTable.Place(step))
          model[id] = TaskTable.Place(step)
        }
      }
      #expect(map.count == model.count)
    }
    #expect(Set(map.ids) == Set(model.keys))
    for (id, place) in model { #expect(map[id] == place) }
  }

  @Test("removing one id never hides another that was pushed past its bucket")
  func chains() {
    for count in 1...64 {
      var map = PlaceMap()
      let ids = (1...UInt64(count)).map(TaskID.init(rawValue:))
      for (place, id) in ids.enumerated() { map.insert(id, at: TaskTable.Place(place)) }
      for (gone, id) in ids.enumerated() {
        map.remove(id)
        for (place, rest) in ids.enumerated().dropFirst(gone + 1) {
          #expect(map[rest] == TaskTable.Place(place))
        }
      }
      #expect(map.count == 0)
    }
  }
}
