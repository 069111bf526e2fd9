import Testing

@testable import MartletHTTP2

@Suite("Numbers of streams") struct StreamIDGuardTests {
  private func verdicts(_ ids: [Int32]) -> [StreamIDGuard.Verdict] {
    var streamIDs = StreamIDGuard()
    return ids.map { streamIDs.headers(on: $0) }
  }

  @Test("numbers in a row, and trailers of any stream that was open, are allowed")
  func inARow() {
    #expect(verdicts([1, 3, 5, 3, 1, 7]) == Array(repeating: .allowed, count: 6))
  }

  @Test("a number that was left out must not come later")
  func stale() {
    #expect(
      verdicts([1, 7, 3, 5, 7, 9]) == [.allowed, .skipped, .stale, .stale, .allowed, .allowed])
    #expect(verdicts([5, 1]) == [.skipped, .stale])
  }

  @Test("even numbers are left to the library")
  func even() {
    #expect(verdicts([1, 4, 2, 0, 3]) == Array(repeating: .allowed, count: 5))
  }

  @Test("few gaps are remembered, and each is noticed")
  func manyGaps() {
    let ids = (0..<1_000).map { Int32(4 * $0 + 3) }
    #expect(verdicts(ids).allSatisfy { $0 == .skipped })
  }
}
