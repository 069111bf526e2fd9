import MartletCore
import MartletStore
import Testing

@testable import MartletServer

enum TaskQueryPosition {
  static func at(id: UInt64, finished nanoseconds: Int64? = nil) -> TaskQuery.Position {
    TaskQuery.Position(
      finishTime: nanoseconds.map(WallTime.init(nanoseconds:)), id: TaskID(rawValue: id))
  }
}

@Suite("A cursor")
struct CursorTests {
  @Test(
    "comes back from its text",
    arguments: [0, 1, 31, 32, 1 << 40, 0x7FFF_FFFF_FFFF_FFFF] as [UInt64]
  )
  func comesBack(revision: UInt64) {
    let text = Cursor(Revision(revision)).text
    #expect(text.count == 15)
    #expect(Cursor(parsing: text)?.revision == Revision(revision))
  }

  @Test(
    "is made from its own text only",
    arguments: [
      "", "c1", "c10", "c2000000000000z", "c1000000000000Z", "c1000000000000o", "C1000000000000z",
      "c1000000000000zz", "000000000000z", "c1-00000000000z", " c1000000000000z", "c1000000000000é",
    ])
  func refuses(text: String) {
    #expect(Cursor(parsing: text) == nil)
  }

  @Test("before an event is the one after which that event comes first")
  func before() {
    #expect(Cursor(before: Revision(7)).revision == Revision(6))
    #expect(Cursor(before: .zero).revision == .zero)
  }
}

@Suite("A page token")
struct PageTokenTests {
  let token = PageToken(position: [1, 2, 255], first: Revision(1 << 50), listHash: 42)

  @Test("comes back from its text")
  func comesBack() {
    #expect(PageToken(parsing: token.text, listHash: 42) == token)
  }

  @Test("is good for its own list only")
  func isBound() {
    #expect(PageToken(parsing: token.text, listHash: 43) == nil)
  }

  @Test("does not survive the change of any of its characters")
  func isChecked() {
    let text = Array(token.text.utf8)
    for place in text.indices {
      var other = text
      other[place] = other[place] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
      #expect(PageToken(parsing: String(decoding: other, as: UTF8.self), listHash: 42) == nil)
    }
    #expect(PageToken(parsing: "", listHash: 42) == nil)
    #expect(PageToken(parsing: "p1", listHash: 42) == nil)
    #expect(PageToken(parsing: "p1" + String(repeating: "0", count: 100_000), listHash: 0) == nil)
  }

  @Test("keeps a position in each order")
  func keepsPositions() {
    let byID = TaskQueryPosition.at(id: .max)
    #expect(TaskQuery.Position(tokenBytes: byID.tokenBytes, byFinishTime: false) == byID)
    #expect(TaskQuery.Position(tokenBytes: byID.tokenBytes, byFinishTime: true) == nil)
    let byTime = TaskQueryPosition.at(id: 3, finished: .min)
    #expect(TaskQuery.Position(tokenBytes: byTime.tokenBytes, byFinishTime: true) == byTime)
    #expect(TaskQuery.Position(tokenBytes: byTime.tokenBytes, byFinishTime: false) == nil)
  }
}
