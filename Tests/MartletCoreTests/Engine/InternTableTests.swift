import Testing

@testable import MartletCore

@Suite("Intern table")
struct InternTableTests {
  @Test("a value is kept once, however many refer to it, and dropped with the last")
  func counted() {
    var table = InternTable<String>()
    let a = table.retain("a")
    let b = table.retain("b")
    #expect(table.retain("a") == a && table.retain("a") == a)
    #expect(table.count == 2 && table[a] == "a" && table[b] == "b")
    for _ in 0..<3 { table.release(a) }
    #expect(table.count == 1 && table[b] == "b")
    #expect(table.retain("c") == a)
    #expect(table[a] == "c")
  }

  @Test("each reference gives the value that it was made for, in any order of coming and going")
  func random() {
    var random = SeededRandom(seed: 4)
    var table = InternTable<Int>()
    var held: [(reference: InternTable<Int>.Reference, value: Int)] = []
    for _ in 0..<2_000 {
      if held.isEmpty || Int.random(in: 0..<5, using: &random) < 3 {
        let value = Int.random(in: 0..<20, using: &random)
        held.append((table.retain(value), value))
      } else {
        let index = Int.random(in: 0..<held.count, using: &random)
        table.release(held.remove(at: index).reference)
      }
      #expect(table.count == Set(held.map(\.value)).count)
    }
    for entry in held { #expect(table[entry.reference] == entry.value) }
  }
}
