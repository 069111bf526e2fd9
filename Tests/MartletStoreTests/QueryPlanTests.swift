import MartletCore
import MartletStore
import Testing

@testable import MartletStoreSQLite

@Suite("The plans of the index's queries")
struct QueryPlanTests {
  private let connection: Connection
  private let store: SQLiteStore

  init() throws {
    let directory = TestDirectory()
    store = try SQLiteStore.open(directory: directory.path)
    connection = try Connection(path: directory.file("index.db"), role: .reader)
    try QueryFunctions.register(in: connection)
  }

  private func plan(_ sql: String) throws -> [String] {
    let statement = try connection.prepare("EXPLAIN QUERY PLAN \(sql)")
    var lines: [String] = []
    while try statement.step() { lines.append(statement.text(3)) }
    return lines
  }

  @Test("a walk goes through its index in order and sorts nothing", arguments: [true, false])
  func walks(descending: Bool) throws {
    let expected: [(TaskRange.Place, String)] = [
      (.table, "SEARCH task USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
      (
        .state(PoolID(rawValue: 1), .failed),
        "SEARCH task USING INDEX task_by_state (pool=? AND state=? AND rowid>? AND rowid<?)"
      ),
      (
        .finishedAt(.seconds(1)),
        "SEARCH task USING INDEX task_by_finish (finish_time=? AND rowid>? AND rowid<?)"
      ),
      (.finished, "SEARCH task USING INDEX task_by_finish (finish_time>? AND finish_time<?)"),
    ]
    let query = TaskQuery(
      kinds: [KindID(rawValue: 1)],
      filter: TaskPredicate(
        .all([
          .leaf(.condition(.text(.label(key: "a"), TextTest(.equal, "b")))),
          .leaf(.condition(.time(.finishTime, .less, .seconds(1)))),
          .leaf(.condition(.number(.priority, .equal, 3))),
        ])))
    let predicate = QueryPredicate(query, includingPlace: true)
    for (place, line) in expected {
      let source = TaskRange.all(place).source(descending: descending)
      #expect(try plan("SELECT id, finish_time, \(predicate.sql) \(source)") == [line])
    }
  }

  @Test("the tasks of a label come from its table in order", arguments: [true, false])
  func labels(descending: Bool) throws {
    let source = TaskRange.all(.label(7)).source(descending: descending)
    #expect(
      try plan("SELECT id, finish_time, 1 \(source)") == [
        "SEARCH label USING PRIMARY KEY (tag=? AND task>? AND task<?)",
        "SEARCH task USING INTEGER PRIMARY KEY (rowid=?)",
      ])
  }

  @Test("a count by pool and state reads the index alone")
  func counts() throws {
    let source = TaskRange.all(.state(PoolID(rawValue: 1), .failed)).source(descending: false)
    let lines = try plan("SELECT id, 1 \(source)")
    #expect(lines.count == 1)
    #expect(lines[0].contains("USING COVERING INDEX task_by_state"))
  }

  @Test("live tasks come from their own index, in order")
  func live() throws {
    #expect(
      try plan(SQLiteTaskIndex.selectLive(.live)) == ["SCAN task USING INDEX task_live"])
  }

  @Test("changes of a task find it by its id")
  func changes() throws {
    for sql in ["UPDATE task SET state = 1 WHERE id = ?1", "DELETE FROM task WHERE id = ?1"] {
      for condition in ["finish_time IS NULL", "finish_time IS NOT NULL"] {
        #expect(
          try plan("\(sql) AND \(condition)")
            == ["SEARCH task USING INTEGER PRIMARY KEY (rowid=?)"])
      }
    }
  }
}
