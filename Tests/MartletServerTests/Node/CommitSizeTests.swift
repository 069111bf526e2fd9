import Testing

@testable import MartletServer

@Suite("Commit size")
struct CommitSizeTests {
  private static let millisecond: Int64 = 1_000_000

  /// Ten milliseconds with commits of so many events, so many in each.
  private func after(commits: Int64, of events: Int) -> (size: CommitSize, last: Int64) {
    var size = CommitSize()
    var now = 1_000 * Self.millisecond
    for _ in 0..<10 * commits {
      now += Self.millisecond / commits
      size.left(with: events, at: now)
    }
    return (size, now)
  }

  @Test("what comes alone leaves at once")
  func alone() {
    let (size, _) = after(commits: 4, of: 3)
    #expect(size.gathersUntil(1) == nil)
    #expect(size.enough(isUrgent: false) == 64)
    #expect(CommitSize().gathersUntil(1) == nil)
  }

  @Test("in a flood a segment gathers events, for a millisecond at most, unless somebody waits")
  func flood() {
    let (size, last) = after(commits: 4, of: 40)
    #expect(size.gathersUntil(10) == last + Self.millisecond)
    #expect(size.gathersUntil(256) == nil)
    #expect(size.gathersUntil(0) == nil)
    #expect(size.enough(isUrgent: false) == 256)
    #expect(size.enough(isUrgent: true) == 64)
  }

  @Test("when the flood is over, the next commit is small again")
  func over() {
    var (size, last) = after(commits: 4, of: 40)
    for _ in 0..<16 {
      last += 5 * Self.millisecond
      size.left(with: 2, at: last)
    }
    #expect(size.gathersUntil(1) == nil)
  }
}
