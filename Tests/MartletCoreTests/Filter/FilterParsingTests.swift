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
    let expected: [FilterCondition] = [
      .text(.pool, TextTest(.equal, "digests")), .state(.equal, .running),
      .text(.kind, TextTest(.notEqual, "file.digest")),
    ]
    for text in [
      "pool=digests AND state=RUNNING AND kind!=file.digest",
      "pool=digests state=RUNNING kind!=file.digest",
      "  pool = digests\nAND\tstate: RUNNING   kind != \"file.digest\" ",
      "pool:\"digests\" AND state=\"RUNNING\" kind!=file.digest",
    ] {
      #expect(try conditions(text) == expected, "\(text)")
    }
  }

  @Test(
    "OR binds tighter than AND and white space, NOT and - tighter than OR",
    arguments: [
      ("a=1 AND b=2 OR c=3", "(a & (b | c))"), ("a=1 OR b=2 AND c=3", "((a | b) & c)"),
      ("a=1 b=2 OR c=3 d=4", "(a & (b | c) & d)"),
      ("a=1 OR b=2 OR c=3", "(a | b | c)"), ("NOT a=1 OR b=2", "(!a | b)"),
      ("-a=1 b=2", "(!a & b)"), ("NOT (a=1 OR b=2)", "!(a | b)"),
      ("-(a=1 b=2)", "!(a & b)"), ("NOT(a=1)", "!a"), ("((a=1))", "a"),
      ("(a=1 AND b=2) OR (c=3)", "((a & b) | c)"), ("a=1 OR(b=2)", "(a | b)"),
      ("a=1 AND(b=2)", "(a & b)"), ("NOT (NOT a=1)", "!!a"),
      ("( a=1\tAND\n( b=2 OR -c=3 ) )", "(a & (b | !c))"),
    ])
  func structure(text: String, form: String) throws {
    let filter = try TaskFilter(
      parsing: text.replacing(/([a-d])=/) { "labels.\($0.1)=" })
    #expect(shape(filter.tree) == form, "\(text)")
  }

  @Test("every operator compares")
  func operators() throws {
    for comparison in FilterComparison.allCases {
      for space in ["", " "] {
        let text = "priority\(space)\(comparison.rawValue)\(space)-3"
        #expect(try conditions(text) == [.number(.priority, comparison, -3)])
      }
    }
    #expect(try conditions("attempt:2") == [.number(.attempt, .equal, 2)])
  }

  @Test(
    "labels are compared, and asked for by key",
    arguments: [
      ("labels.customer=acme", label("customer", .equal, "acme")),
      ("labels.customer:acme", label("customer", .equal, "acme")),
      ("labels.\"a.b\"!=\"\"", label("a.b", .notEqual, "")),
      (
        "labels.\"q\\\"\\\\\" >= \"x \\\" \\\\ y\"",
        label("q\"\\", .greaterOrEqual, "x \" \\ y")
      ),
      ("labels.a-b/c_d<5", label("a-b/c_d", .less, "5")),
      ("labels.customer:*", .has(.text(.label(key: "customer")))),
      ("labels.customer:\"\\*\"", label("customer", .equal, "*")),
      ("labels.customer<\"a*\"", label("customer", .less, "a*")),
      ("labels:customer", .has(.text(.label(key: "customer")))),
      ("labels:\"a.b\"", .has(.text(.label(key: "a.b")))),
      ("labels.größe=🐦", label("größe", .equal, "🐦")),
      ("labels.AND=\"OR\"", label("AND", .equal, "OR")),
      ("labels.-x=y", label("-x", .equal, "y")),
      ("labels.url=http://x.y/z", label("url", .equal, "http://x.y/z")),
    ] as [(String, FilterCondition)])
  func labels(text: String, condition: FilterCondition) throws {
    #expect(try conditions(text) == [condition])
  }

  @Test(
    "a star stands for any text, bare or in quotes, after = and !=",
    arguments: [
      ("kind=\"file.*\"", .text(.kind, TextTest(.equal, pattern: ["file.", ""]))),
      ("kind=file.*", .text(.kind, TextTest(.equal, pattern: ["file.", ""]))),
      ("pool!=*a*b", .text(.pool, TextTest(.notEqual, pattern: ["", "a", "b"]))),
      ("pool=*", .text(.pool, TextTest(.equal, pattern: ["", ""]))),
      ("pool:*", .has(.text(.pool))),
      (
        "failure.message:\"*time\\*out*\"",
        .text(.failureMessage, TextTest(.equal, pattern: ["", "time*out", ""]))
      ),
    ] as [(String, FilterCondition)])
  func patterns(text: String, condition: FilterCondition) throws {
    #expect(try conditions(text) == [condition])
  }

  @Test("times are read bare and quoted")
  func times() throws {
    let time = WallTime(nanoseconds: 1_735_689_600_500_000_000)
    for value in ["2025-01-01T00:00:00.5Z", "\"2025-01-01T02:00:00.50+02:00\""] {
      for field in FilterField.Time.allCases where field != .time {
        #expect(
          try conditions("\(field.rawValue)<=\(value)") == [.time(field, .lessOrEqual, time)])
      }
    }
  }

  @Test(
    "spans are read in every unit",
    arguments: [
      ("5s", 5_000_000_000), ("1h30m", 5_400_000_000_000), ("250ms", 250_000_000),
      ("1.5s", 1_500_000_000), ("2d", 172_800_000_000_000), ("\"90s\"", 90_000_000_000),
      ("7us", 7_000), ("3ns", 3), ("0s", 0),
    ])
  func spans(text: String, nanoseconds: Int64) throws {
    for field in FilterField.Span.allCases {
      #expect(
        try conditions("\(field.rawValue) > \(text)")
          == [.span(field, .greater, Span(nanoseconds: nanoseconds))])
    }
  }

  @Test(
    "what has parts is asked for by its parts, and whether it is there",
    arguments: [
      ("failure.kind = RUN_TIMEOUT", .failureKind(.equal, .runTimeout)),
      ("failure.kind:*", .has(.failureKind)), ("start_time:*", .has(.time(.startTime))),
      ("progress.percent >= 12.5", .percent(.greaterOrEqual, 12.5)),
      ("worker = w1", .text(.worker, TextTest(.equal, "w1"))),
      ("run_time:*", .has(.span(.runTime))),
    ] as [(String, FilterCondition)])
  func parts(text: String, condition: FilterCondition) throws {
    #expect(try conditions(text) == [condition])
  }

  @Test("every state and every kind of failure has its name")
  func names() throws {
    for state in TaskState.allCases {
      #expect(try conditions("state!=\(state.name)") == [.state(.notEqual, state)])
    }
    for kind in FailureKind.allCases {
      #expect(try conditions("failure.kind:\(kind.name)") == [.failureKind(.equal, kind)])
    }
  }

  @Test("ids are read")
  func ids() throws {
    let id = TaskID(rawValue: 1 << 40)
    #expect(try conditions("id>\(id)") == [.id(.greater, id)])
  }

  @Test("a filter may have 100 conditions, 8 KiB and 50 levels")
  func limits() throws {
    let hundred = Array(repeating: "priority=1", count: 100).joined(separator: " ")
    #expect(try conditions(hundred).count == 100)
    let long = "pool=" + String(repeating: "x", count: 8192 - 5)
    #expect(try conditions(long).count == 1)
    let deep = String(repeating: "(", count: 50) + "attempt=1" + String(repeating: ")", count: 50)
    #expect(try conditions(deep).count == 1)
    let negated = String(repeating: "-(", count: 50) + "attempt=1"
    #expect(
      try TaskFilter(parsing: negated + String(repeating: ")", count: 50)).tree.leaves.count == 1)
  }

  @Test("events have fields of their own")
  func events() throws {
    let filter = try EventPredicate(
      parsing: "type = TASK_FAILED AND task_id:* actor != ci time > 2025-01-01T00:00:00Z",
      types: ["TASK_FAILED"])
    #expect(
      filter.tree.leaves == [
        .text(.eventType, TextTest(.equal, "TASK_FAILED")), .has(.id),
        .text(.actor, TextTest(.notEqual, "ci")),
        .time(.time, .greater, WallTime(nanoseconds: 1_735_689_600_000_000_000)),
      ])
    #expect(try EventPredicate(parsing: "type = \"TASK_*\"", types: []).tree.leaves.count == 1)
    for text in ["type = TASK_FALED", "priority = 1", "create_time:*", "id:*"] {
      #expect(throws: FilterError.self, "\(text)") {
        try EventPredicate(parsing: text, types: ["TASK_FAILED"])
      }
    }
  }
}

func label(_ key: String, _ comparison: FilterComparison, _ value: String) -> FilterCondition {
  .text(.label(key: key), TextTest(comparison, value))
}

/// Of a filter that only joins by AND.
func conditions(_ text: String) throws -> [FilterCondition] {
  try TaskFilter(parsing: text).tree.conjuncts.flatMap(\.leaves)
}

private func shape(_ tree: FilterTree<FilterCondition>) -> String {
  switch tree {
  case .leaf(.text(.label(let key), _)): key
  case .leaf: "?"
  case .not(let part): "!" + shape(part)
  case .all(let parts): "(" + parts.map(shape).joined(separator: " & ") + ")"
  case .any(let parts): "(" + parts.map(shape).joined(separator: " | ") + ")"
  }
}
