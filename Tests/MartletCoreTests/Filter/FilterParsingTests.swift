import MartletCore
import Testing

@Suite("Filter: what is understood")
struct FilterParsingTests {
  @Test("the empty filter and white space match every task", arguments: ["", " ", "\t\n\r "])
  func empty(text: String) throws {
    #expect(try TaskFilter(parsing: text) == .all)
  }

  @Test("conditions are joined by AND or by white space, alike")
  func joined() throws {
    let expected: [TaskFilter.Condition] = [
      .pool(.equal, "digests"), .state(.equal, .running), .kind(.notEqual, "file.digest"),
    ]
    for text in [
      "pool=digests AND state=RUNNING AND kind!=file.digest",
      "pool=digests state=RUNNING kind!=file.digest",
      "  pool = digests\nAND\tstate: RUNNING   kind != \"file.digest\" ",
      "pool:\"digests\" AND state=\"RUNNING\" kind!=file.digest",
    ] {
      #expect(try TaskFilter(parsing: text).conditions == expected, "\(text)")
    }
  }

  @Test("every operator compares")
  func operators() throws {
    for comparison in TaskFilter.Comparison.allCases {
      for space in ["", " "] {
        let text = "priority\(space)\(comparison.rawValue)\(space)-3"
        #expect(
          try TaskFilter(parsing: text).conditions == [.number(.priority, comparison, -3)])
      }
    }
    #expect(try TaskFilter(parsing: "attempt:2").conditions == [.number(.attempt, .equal, 2)])
  }

  @Test(
    "labels are compared, and asked for by key",
    arguments: [
      ("labels.customer=acme", .label(key: "customer", .equal, "acme")),
      ("labels.customer:acme", .label(key: "customer", .equal, "acme")),
      ("labels.\"a.b\"!=\"\"", .label(key: "a.b", .notEqual, "")),
      (
        "labels.\"q\\\"\\\\\" >= \"x \\\" \\\\ y\"",
        .label(key: "q\"\\", .greaterOrEqual, "x \" \\ y")
      ),
      ("labels.a-b/c_d<5", .label(key: "a-b/c_d", .less, "5")),
      ("labels.customer:*", .hasLabel(key: "customer")),
      ("labels.customer:\"*\"", .label(key: "customer", .equal, "*")),
      ("labels:customer", .hasLabel(key: "customer")),
      ("labels:\"a.b\"", .hasLabel(key: "a.b")),
      ("labels.größe=🐦", .label(key: "größe", .equal, "🐦")),
      ("labels.AND=\"OR\"", .label(key: "AND", .equal, "OR")),
      ("labels.url=http://x.y/z", .label(key: "url", .equal, "http://x.y/z")),
    ] as [(String, TaskFilter.Condition)])
  func labels(text: String, condition: TaskFilter.Condition) throws {
    #expect(try TaskFilter(parsing: text).conditions == [condition])
  }

  @Test("times are read bare and quoted")
  func times() throws {
    let time = WallTime(nanoseconds: 1_735_689_600_500_000_000)
    for value in ["2025-01-01T00:00:00.5Z", "\"2025-01-01T02:00:00.50+02:00\""] {
      for field in TaskFilter.TimeField.allCases {
        let filter = try TaskFilter(parsing: "\(field.rawValue)<=\(value)")
        #expect(filter.conditions == [.time(field, .lessOrEqual, time)])
      }
    }
  }

  @Test("every state has its name")
  func states() throws {
    for state in TaskState.allCases {
      #expect(
        try TaskFilter(parsing: "state!=\(state.name)").conditions == [.state(.notEqual, state)])
    }
  }

  @Test("ids are read")
  func ids() throws {
    let id = TaskID(rawValue: 1 << 40)
    #expect(try TaskFilter(parsing: "id>\(id)").conditions == [.id(.greater, id)])
  }

  @Test("a filter may have 100 conditions and 8 KiB")
  func limits() throws {
    let hundred = Array(repeating: "priority=1", count: 100).joined(separator: " ")
    #expect(try TaskFilter(parsing: hundred).conditions.count == 100)
    let long = "pool=" + String(repeating: "x", count: TaskFilter.textBytesMax - 5)
    #expect(try TaskFilter(parsing: long).conditions.count == 1)
  }
}

@Suite("Filter: what is refused, and where")
struct FilterRefusalTests {
  @Test(
    "an error points at the character and says what is allowed",
    arguments: [
      ("colour=red", 0, "no field is called `colour`; use pool, state"),
      ("pool=a colour=red", 7, "no field"),
      ("größe=1", 0, "no field"), ("labels.größe=1 x=2", 15, "no field"),
      ("pool.x=1", 5, "`pool` has no parts"), ("labels.a.b=1", 9, "in quotes"),
      ("labels.=1", 7, "key is expected"), ("labels.\"\"=1", 7, "1 to 63 bytes"),
      ("labels.\(String(repeating: "k", count: 64))=1", 7, "1 to 63 bytes"),
      ("labels=a", 6, "allowed: :"), ("labels:*", 7, "name a label"),
      ("labels!=a", 6, "allowed: :"),
      ("state<RUNNING", 5, "`<` cannot be used on state; allowed: =, != and :"),
      ("state=running", 6, "no state is called `running`; use one of BLOCKED"),
      ("state=", 6, "value is expected after `=`"), ("pool", 4, "operator is expected"),
      ("pool AND", 5, "operator is expected"), ("pool~a", 6, "operator is expected"),
      ("pool = ", 7, "value is expected"), ("=a", 0, "name of a field"),
      ("pool==a", 4, "no such operator"), ("pool=>a", 4, "no such operator"),
      ("pool<>a", 4, "no such operator"), ("pool!a", 4, "use `!=`"),
      ("pool::a", 5, "value is expected"), ("pool='a'", 5, "value is expected"),
      ("pool=\"a", 5, "no closing"), ("pool=\"a\\n\"", 7, "`\\` only stands before"),
      ("pool=\"a\\", 7, "`\\` only stands before"),
      ("pool=a\"b\"", 6, "has to follow a value"), ("pool=\"a\"state=RUNNING", 8, "has to follow"),
      ("pool=a,b", 6, "has to follow"), ("pool=a(b)", 6, "has to follow"),
      ("pool=pre*", 8, "`*` is for labels only"), ("pool:*", 5, "`*` is for labels only"),
      ("labels.a=*", 9, "stands alone, after `:`"), ("labels.a:b*", 10, "stands alone"),
      ("priority=high", 9, "not a whole number"), ("priority=1.5", 9, "not a whole number"),
      ("attempt=9223372036854775808", 8, "not a whole number"), ("priority=", 9, "value"),
      ("id=abc", 3, "not the id of a task"), ("id=\"\"", 3, "not the id of a task"),
      ("create_time>yesterday", 12, "expected a time such as"),
      ("create_time>2025-02-30T00:00:00Z", 20, "expected a day of 01 to 28"),
      ("create_time>\"2025-01-01T00:00:00\"", 32, "expected `Z` or an offset"),
      ("labels.ä=\"ö\" create_time>2025-01-01", 35, "expected `T`"),
      ("create_time>\"\\\"\"", 12, "expected a time"),
      ("AND pool=a", 0, "has to precede `AND`"), ("pool=a AND", 10, "has to follow `AND`"),
      ("pool=a AND  ", 12, "has to follow `AND`"), ("pool=a AND AND kind=b", 11, "precede"),
      ("pool=a and kind=b", 7, "in upper case"), ("pool=AND", 5, "quote it"),
      ("pool=a OR kind=b", 7, "`OR` cannot be used"), ("NOT pool=a", 0, "`NOT` cannot be used"),
      ("-pool=a", 0, "`-` cannot be used"), ("(pool=a)", 0, "parentheses cannot be used"),
      ("pool=a ) ", 7, "name of a field"), ("\"pool\"=a", 0, "name of a field"),
      ("pool=a\u{0}kind=b", 11, "has to follow"), ("\u{0}", 1, "operator is expected"),
    ])
  func pointed(text: String, offset: Int, part: String) {
    let error = #expect(throws: FilterError.self) { try TaskFilter(parsing: text) }
    #expect(error?.offset == offset, "\(text): \(error?.message ?? "")")
    #expect(error?.message.contains(part) == true, "\(text): \(error?.message ?? "")")
  }

  @Test("the 101st condition is one too many")
  func tooMany() {
    let text = Array(repeating: "priority=1", count: 101).joined(separator: " ")
    let error = #expect(throws: FilterError.self) { try TaskFilter(parsing: text) }
    #expect(error == FilterError(message: "a filter has at most 100 conditions", offset: 1100))
  }

  @Test("a text over 8 KiB is refused, whatever it says")
  func tooLong() {
    let text = String(repeating: "é", count: TaskFilter.textBytesMax / 2) + " "
    let error = #expect(throws: FilterError.self) { try TaskFilter(parsing: text) }
    #expect(error == FilterError(message: "a filter has at most 8192 bytes", offset: 4096))
  }

  @Test("a message repeats no more than 40 characters of the caller's text")
  func shortMessages() {
    let text = String(repeating: "x", count: 5000) + "=1"
    let error = #expect(throws: FilterError.self) { try TaskFilter(parsing: text) }
    #expect((error?.message.count ?? .max) < 250)
  }
}
