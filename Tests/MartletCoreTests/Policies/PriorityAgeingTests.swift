import MartletCore
import Testing

@Suite("Levels that rise with waiting")
struct PriorityAgeingTests {
  let ageing = PriorityAgeing(step: .seconds(60))

  private func level(_ priority: UInt8, after milliseconds: Int64) -> UInt8 {
    let due = Elapsed(nanoseconds: 5)
    return ageing.level(of: priority, pendingSince: due, at: due + .milliseconds(milliseconds))
  }

  @Test("one level for each whole step")
  func rises() {
    #expect(level(5, after: 0) == 5)
    #expect(level(5, after: 59_999) == 5)
    #expect(level(5, after: 60_000) == 6)
    #expect(level(5, after: 119_999) == 6)
    #expect(level(0, after: 9 * 60_000) == 9)
  }

  @Test("to the highest priority and no further, however long it waits")
  func bounded() {
    #expect(level(0, after: 10 * 60_000) == 10)
    #expect(level(9, after: 1 << 40) == 10)
    #expect(level(10, after: 60_000) == 10)
    let quick = PriorityAgeing(step: Span(nanoseconds: 1))
    #expect(quick.level(of: 3, pendingSince: .zero, at: .never) == 10)
  }

  @Test("a moment before the task was due counts as none")
  func early() { #expect(level(5, after: -1) == 5) }
}
