import Testing

@testable import MartletCore

@Suite("Who waits for whom")
struct DependencyGraphTests {
  @Test("each comes after those that it waits for, the first ones first")
  func order() {
    let graph = DependencyGraph([[2], [], [1], [0, 2]])
    #expect(graph.order == [1, 2, 0, 3])
    #expect(graph.cycle == nil)
  }

  @Test("a circle is told from one to the next, and what only leads to it is not")
  func cycle() {
    let graph = DependencyGraph([[1], [2], [3], [1], []])
    #expect(graph.order == nil)
    #expect(graph.cycle == [1, 2, 3])
  }

  @Test("one that waits for itself is a circle")
  func itself() { #expect(DependencyGraph([[], [1]]).cycle == [1]) }

  @Test("ten thousand in a row are in order, or in one circle")
  func long() {
    let count = 10_000
    let row = DependencyGraph((0..<count).map { $0 == 0 ? [] : [$0 - 1] })
    #expect(row.order == Array(0..<count))
    let ring = DependencyGraph((0..<count).map { [($0 + 1) % count] })
    #expect(ring.cycle?.count == count)
    // Hostile: all of them lead to a circle at the end, and are in none.
    let tail = DependencyGraph((0..<count).map { [$0 == count - 1 ? count - 2 : $0 + 1] })
    #expect(tail.cycle == [count - 2, count - 1])
  }
}
