import MartletCore
import MartletStore

/// The remembered requests: a table for each hour, so that forgetting is dropping a table.
enum RequestTables {
  private static let prefix = "request_"

  private static func table(_ hour: RequestHour) -> String { "\"\(prefix)\(hour.number)\"" }

  /// The hours that have a table, the newest first.
  static func hours(in connection: Connection) throws(StoreFailure) -> [RequestHour] {
    let statement = try connection.statement(
      "SELECT substr(name, \(prefix.utf8.count + 1)) FROM sqlite_schema WHERE name GLOB '\(prefix)*'"
    )
    defer { statement.reset() }
    var hours: [RequestHour] = []
    while try statement.step() {
      if let number = Int64(statement.text(0)) { hours.append(RequestHour(number: number)) }
    }
    return hours.sorted(by: >)
  }

  static func insert(
    _ requests: [RememberedRequest], into connection: Connection
  ) throws(StoreFailure) {
    for (hour, requests) in Dictionary(grouping: requests, by: { RequestHour(of: $0.time) }) {
      try connection.statement(
        """
        CREATE TABLE IF NOT EXISTS \(table(hour)) (
          high INTEGER NOT NULL, low INTEGER NOT NULL, fingerprint INTEGER NOT NULL,
          revision INTEGER NOT NULL, time INTEGER NOT NULL, tasks BLOB NOT NULL,
          PRIMARY KEY (high, low)
        ) STRICT, WITHOUT ROWID
        """
      ).run()
      let insert = try connection.statement(
        "INSERT OR REPLACE INTO \(table(hour)) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
      // Keys are hashes: in their order, a page that several of them hit is written once.
      for request in requests.sorted(by: { Int64(bits: $0.key.high) < Int64(bits: $1.key.high) }) {
        insert.bind(1, Int64(bits: request.key.high))
        insert.bind(2, Int64(bits: request.key.low))
        insert.bind(3, Int64(bits: request.fingerprint))
        insert.bind(4, Int64(bits: request.revision.rawValue))
        insert.bind(5, request.time.nanoseconds)
        insert.bind(6, copying: request.tasks.map(\.stored).encoded)
        try insert.run()
      }
    }
  }

  static func find(
    _ keys: [RememberedRequest.Key], in connection: Connection
  ) throws(StoreFailure) -> [RememberedRequest.Key: RememberedRequest] {
    var found: [RememberedRequest.Key: RememberedRequest] = [:]
    // One transaction, else a table might be dropped between the list and the look.
    try connection.statement("BEGIN").run()
    do throws(StoreFailure) {
      for hour in try hours(in: connection) where found.count < keys.count {
        let select = try connection.prepare(
          """
          SELECT fingerprint, revision, time, tasks FROM \(table(hour))
          WHERE high = ?1 AND low = ?2
          """)
        for key in keys where found[key] == nil {
          select.bind(1, Int64(bits: key.high))
          select.bind(2, Int64(bits: key.low))
          if try select.step() { found[key] = try request(key, select, connection.path) }
          select.reset()
        }
      }
      try connection.statement("COMMIT").run()
    } catch {
      try? connection.execute("ROLLBACK")
      throw error
    }
    return found
  }

  static func drop(before time: WallTime, in connection: Connection) throws(StoreFailure) {
    let kept = RequestHour(of: time)
    for hour in try hours(in: connection) where hour < kept {
      try connection.execute("DROP TABLE \(table(hour))")
    }
  }

  private static func request(
    _ key: RememberedRequest.Key, _ row: Statement, _ path: String
  ) throws(StoreFailure) -> RememberedRequest {
    guard let tasks = row.withBytes(3, { [TaskID](encoded: $0) }) else {
      throw .corrupted(file: path, reason: "a remembered request has no list of tasks")
    }
    return RememberedRequest(
      key: key, fingerprint: UInt64(bitPattern: row.int64(0)),
      tasks: tasks.map { AnsweredTask(rawValue: $0.rawValue) },
      revision: Revision(UInt64(bitPattern: row.int64(1))),
      time: WallTime(nanoseconds: row.int64(2)))
  }
}

extension AnsweredTask {
  fileprivate var stored: TaskID { TaskID(rawValue: rawValue) }
}

extension Int64 {
  fileprivate init(bits: UInt64) { self.init(bitPattern: bits) }
}
