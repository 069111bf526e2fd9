import MartletCore
import Testing

@Suite("Filter: what is refused, and where")
struct FilterRefusalTests {
  @Test(
    "an error points at the character and says what is allowed",
    arguments: [
      ("colour=red", 0, "no field is called `colour`; use pool, state"),
      ("pool=a colour=red", 7, "no field"), ("failure.colour=1", 0, "`failure.colour`"),
      ("failure=1", 0, "no field"), ("labels.größe=1 x=2", 15, "no field"),
      ("größe=1", 0, "no field"), ("type=TASK_FAILED", 0, "no field"),
      ("pool.x=1", 5, "`pool` has no parts"), ("labels.a.b=1", 9, "in quotes"),
      ("labels.=1", 7, "key is expected"), ("labels.\"\"=1", 7, "1 to 63 bytes"),
      ("labels.\(String(repeating: "k", count: 64))=1", 7, "1 to 63 bytes"),
      ("labels=a", 6, "allowed: :"), ("labels:*", 7, "name a label"),
      ("labels!=a", 6, "allowed: :"),
      ("state<RUNNING", 5, "`<` cannot be used on state; allowed: =, != and :"),
      ("failure.kind>HANDLER", 12, "cannot be used on failure.kind"),
      ("state=running", 6, "no state is called `running`; use one of BLOCKED"),
      ("failure.kind=TIMEOUT", 13, "no kind of failure is called `TIMEOUT`; use one of HANDLER"),
      ("state=", 6, "value is expected after `=`"), ("pool", 4, "operator is expected"),
      ("pool AND", 5, "operator is expected"), ("pool~a", 6, "operator is expected"),
      ("pool = ", 7, "value is expected"), ("=a", 0, "name of a field"),
      ("pool==a", 4, "no such operator"), ("pool=>a", 4, "no such operator"),
      ("pool<>a", 4, "no such operator"), ("pool!a", 4, "use `!=`"),
      ("pool::a", 5, "value is expected"), ("pool='a'", 5, "value is expected"),
      ("pool=\"a", 5, "no closing"), ("pool=\"a\\n\"", 7, "`\\` only stands before"),
      ("pool=\"a\\", 7, "`\\` only stands before"),
      ("pool=a\"b\"", 6, "has to follow a value"), ("pool=\"a\"state=RUNNING", 8, "has to follow"),
      ("pool=a,b", 6, "has to follow"), ("pool=a(b)", 6, "functions cannot be called"),
      ("matches(pool, \"a\")", 7, "functions cannot be called"),
      ("create_time > now()", 17, "functions cannot be called"),
      ("labels.a<b*", 10, "after =, != and : only"),
      ("priority=high", 9, "not a whole number"), ("priority=1.5", 9, "not a whole number"),
      ("attempt=9223372036854775808", 8, "not a whole number"), ("priority=", 9, "value"),
      ("progress.percent=half", 17, "not a number"), ("progress.percent=inf", 17, "not a number"),
      ("id=abc", 3, "not the id of a task"), ("id=\"\"", 3, "not the id of a task"),
      ("run_time>5", 9, "not a span of time such as"), ("run_time>s", 9, "not a span"),
      ("age>\"5 s\"", 4, "not a span"), ("age>-5s", 4, "not a span"), ("age>1e3s", 4, "not a span"),
      ("age>400000d", 4, "not a span"), ("age=\"\"", 4, "not a span"),
      ("create_time>yesterday", 12, "expected a time such as"),
      ("create_time>2025-02-30T00:00:00Z", 20, "expected a day of 01 to 28"),
      ("create_time>\"2025-01-01T00:00:00\"", 32, "expected `Z` or an offset"),
      ("labels.ä=\"ö\" create_time>2025-01-01", 35, "expected `T`"),
      ("create_time>\"\\\"\"", 12, "expected a time"),
      ("AND pool=a", 0, "has to precede `AND`"), ("pool=a AND", 10, "has to follow `AND`"),
      ("pool=a AND  ", 12, "has to follow `AND`"), ("pool=a AND AND kind=b", 11, "precede"),
      ("pool=a and kind=b", 7, "in upper case"), ("pool=AND", 5, "quote it"),
      ("OR pool=a", 0, "has to precede `OR`"), ("pool=a OR", 9, "has to follow `OR`"),
      ("pool=a OR AND kind=b", 10, "has to precede `AND`"), ("(pool=a OR)", 10, "follow `OR`"),
      ("pool=a or kind=b", 7, "in upper case"), ("NOT", 3, "has to follow `NOT`"),
      ("NOT NOT pool=a", 4, "after `NOT` a condition or `(`"),
      ("--pool=a", 1, "after `-` a condition"), ("- pool=a", 1, "name of a field"),
      ("NOT -pool=a", 4, "after `NOT`"), ("pool=a NOT", 10, "has to follow `NOT`"),
      ("(pool=a", 0, "never closed"), ("pool=a (kind=b", 7, "never closed"),
      ("pool=a)", 6, "closes nothing"), ("pool=a ) ", 7, "closes nothing"),
      ("()", 1, "within the parentheses"), ("pool=a AND ( )", 13, "within the parentheses"),
      ("(pool=a)kind=b", 8, "has to follow"), ("\"pool\"=a", 0, "name of a field"),
      ("pool=a\u{0}kind=b", 11, "has to follow"), ("\u{0}", 1, "operator is expected"),
    ])
  func pointed(text: String, offset: Int, part: String) {
    let error = #expect(throws: FilterError.self) { try TaskFilter(parsing: text) }
    #expect(error?.offset == offset, "\(text): \(error?.message ?? "")")
    #expect(error?.message.contains(part) == true, "\(text): \(error?.message ?? "")")
  }

  @Test("the excerpt has a caret under the character")
  func excerpts() {
    func excerpt(_ text: String) -> String? {
      #expect(throws: FilterError.self) { try TaskFilter(parsing: text) }?.excerpt
    }
    #expect(
      excerpt("pool = a OR state = done")
        == "pool = a OR state = done\n                    ^")
    #expect(excerpt("pool =") == "pool =\n      ^")
    #expect(excerpt("größe = 1") == "größe = 1\n^")
    let many = String(repeating: "pool=a ", count: 20)
    let long = many + "x=1 " + many
    let lines = excerpt(long)?.split(separator: "\n") ?? []
    #expect(lines.first?.hasPrefix("…") == true && lines.first?.hasSuffix("…") == true)
    #expect(lines.first?.dropFirst(31).hasPrefix("x=1") == true)
    #expect(lines.last.map(String.init) == String(repeating: " ", count: 31) + "^")
    #expect(excerpt("pool=a\nx=1") == "pool=a x=1\n       ^")
  }

  @Test("the 101st condition is one too many")
  func tooMany() {
    let text = Array(repeating: "priority=1", count: 101).joined(separator: " ")
    let error = #expect(throws: FilterError.self) { try TaskFilter(parsing: text) }
    #expect(error?.message == "a filter has at most 100 conditions")
    #expect(error?.offset == 1100)
  }

  @Test("a thousand levels are refused at the first that is too deep, whatever they hold")
  func tooDeep() {
    for opening in ["(", "-(", "NOT ("] {
      let text = String(repeating: opening, count: 1000)
      let error = #expect(throws: FilterError.self) { try TaskFilter(parsing: text) }
      #expect(error?.message == "a filter has at most 50 levels of parentheses")
      #expect(error?.offset == 51 * opening.count - 1)
    }
  }

  @Test("a text over 8 KiB is refused, whatever it says")
  func tooLong() {
    let text = String(repeating: "é", count: 4096) + " "
    let error = #expect(throws: FilterError.self) { try TaskFilter(parsing: text) }
    #expect(error?.message == "a filter has at most 8192 bytes")
    #expect(error?.offset == 4096)
    let huge = String(repeating: "(", count: 100_000)
    #expect(throws: FilterError.self) { try TaskFilter(parsing: huge) }
  }

  @Test("a message repeats no more than 40 characters of the caller's text")
  func shortMessages() {
    let text = String(repeating: "x", count: 5000) + "=1"
    let error = #expect(throws: FilterError.self) { try TaskFilter(parsing: text) }
    #expect((error?.message.count ?? .max) < 400)
    #expect((error?.excerpt.count ?? .max) < 130)
  }
}
