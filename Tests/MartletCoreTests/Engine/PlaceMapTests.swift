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
    var ids: [TaskTable.Place: TaskID] = [:]
    func find(_ id: TaskID) -> TaskTable.Place? { map.find(id) { ids[$0] == id } }
    // Few ids, so that they come back; every other seed takes ids like those that are given out.
    let stride: UInt64 = seed % 2 == 0 ? 1 : 1 << 22
    for step in 0..<6_000 {
      let id = TaskID(rawValue: UInt64.random(in: 1...900, using: &random) * stride)
      let place = TaskTable.Place(step)
      let growing = step < 2_000 || Bool.random(using: &random)
      if let known = model[id] {
        #expect(find(id) == known)
        if !growing || Bool.random(using: &random) {
          map.remove(id, from: known)
          model[id] = nil
        }
      } else {
        #expect(find(id) == nil)
        map.remove(id, from: place)
        if growing {
          map.insert(id, at: place)
          model[id] = place
          ids[place] = id
        }
      }
      #expect(map.count == model.count)
    }
    #expect(Set(map.all) == Set(model.values))
    for (id, place) in model { #expect(find(id) == place) }
  }

  @Test("removing one id never hides another that was pushed past its bucket")
  func chains() {
    for count in 1...64 {
      var map = PlaceMap()
      let ids = (1...UInt64(count)).map(TaskID.init(rawValue:))
      for (place, id) in ids.enumerated() { map.insert(id, at: TaskTable.Place(place)) }
      for (gone, id) in ids.enumerated() {
        map.remove(id, from: TaskTable.Place(gone))
        for (place, rest) in ids.enumerated().dropFirst(gone + 1) {
          #expect(map.find(rest) { ids[Int($0)] == rest } == TaskTable.Place(place))
        }
      }
      #expect(map.count == 0)
    }
  }

  @Test("ids of the same hash are told apart by what lies at their places")
  func sameHash() {
    var map = PlaceMap()
    let id = TaskID(rawValue: 7)
    map.insert(id, at: 1)
    map.insert(id, at: 2)
    #expect(map.find(id) { $0 == 2 } == 2)
    map.remove(id, from: 1)
    #expect(map.find(id) { $0 == 1 } == nil)
    #expect(map.find(id) { $0 == 2 } == 2)
  }
}
