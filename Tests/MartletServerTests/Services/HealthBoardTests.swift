import Testing

@testable import MartletServer

@Suite("The health board")
struct HealthBoardTests {
  @Test("says NOT_SERVING until somebody says otherwise")
  func startsDown() {
    #expect(HealthBoard().status == .notServing)
  }

  @Test("tells a watcher what is now, then each change, until it closes")
  func tellsChanges() async {
    let board = HealthBoard()
    var watch = board.changes().makeAsyncIterator()
    #expect(await watch.next() == .notServing)
    board.set(.serving)
    #expect(await watch.next() == .serving)
    board.set(.serving)
    board.set(.notServing)
    #expect(await watch.next() == .notServing)
    board.close()
    #expect(await watch.next() == nil)
  }

  @Test("tells a late watcher of a closed board what is, and ends")
  func endsLateWatchers() async {
    let board = HealthBoard()
    board.set(.serving)
    board.close()
    var seen: [HealthBoard.Status] = []
    for await status in board.changes() { seen.append(status) }
    #expect(seen == [.notServing])
  }
}
