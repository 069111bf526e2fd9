import MartletServer
import Testing

@Suite("What messages of failures have in common")
struct FailurePatternTests {
  @Test(
    "numbers, ids and quoted words are left out",
    arguments: [
      ("", ""), ("no such file", "no such file"), ("row 17 of 20", "row # of #"),
      ("exit code -9", "exit code -#"), ("file \"a b.txt\" is gone", "file \"…\" is gone"),
      ("`x` and `y`", "\"…\" and \"…\""), ("an \"open quote 5", "an \"open quote #"),
      ("id 3f2b9c1e-77aa-4b1c-9d2e-001122334455!", "id #!"), ("at 0x7fff12", "at #"),
      ("task 01JG3XWQ0A9RB", "task #"), ("utf8 and v2", "utf# and v#"),
      ("timeout after 1.5s", "timeout after #.#s"), ("  two\n lines ", "two lines"),
      ("can't", "can't"), ("Zeile 4: ungültig", "Zeile #: ungültig"),
      ("deadbeef is a word", "deadbeef is a word"), ("commit deadbee1", "commit #"),
    ])
  func pattern(message: String, pattern: String) {
    #expect(FailurePattern.of(message) == pattern)
  }

  @Test("a pattern is short, whatever the message, and whole characters")
  func length() {
    let long = FailurePattern.of(String(repeating: "wörter ", count: 1_000))
    #expect(long.utf8.count <= 200 && long.hasPrefix("wörter wörter"))
    #expect(FailurePattern.of(String(repeating: "ü", count: 3_000)).utf8.count <= 200)
  }
}
