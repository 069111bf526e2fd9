import CSQLite
import MartletStore

/// One connection to one database file, with its prepared statements.
///
/// Unchecked: SQLite's connections have no locks of their own here; a connection is used by one
/// thread at a time, the one that holds its owner's lock or has borrowed it from a `ReaderPool`.
final class Connection: @unchecked Sendable {
  enum Role: Sendable {
    /// Failures are failures to write.
    case writer
    /// Refuses to change anything.
    case reader
  }

  let path: String
  let role: Role
  private let handle: OpaquePointer
  private var statements: [String: Statement] = [:]

  /// Beyond so many prepared statements all are dropped: filters have any number of shapes.
  private static let statementsMax = 128

  init(path: String, role: Role) throws(StoreFailure) {
    Self.configured
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let handle = opened else {
      let failure = StoreFailure(code, path: path, role: role, message: opened.map(Self.message))
      sqlite3_close_v2(opened)
      throw failure
    }
    self.path = path
    self.role = role
    self.handle = handle
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, 10_000)
    if role == .reader { try execute("PRAGMA query_only = ON") }
  }

  deinit {
    statements = [:]
    sqlite3_close_v2(handle)
  }

  /// Frees the pages that it keeps, but for those in use; they are read again when needed.
  func releaseMemory() { sqlite3_db_release_memory(handle) }

  /// Runs SQL that has no parameters and whose rows, if any, do not matter.
  func execute(_ sql: String) throws(StoreFailure) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  /// The prepared statement for that text, made at its first use. The caller binds, steps and
  /// resets it before anyone asks for it again.
  func statement(_ sql: String) throws(StoreFailure) -> Statement {
    if let statement = statements[sql] { return statement }
    if statements.count >= Self.statementsMax { statements = [:] }
    let statement = try prepare(sql)
    statements[sql] = statement
    return statement
  }

  /// A statement of the caller's own.
  func prepare(_ sql: String) throws(StoreFailure) -> Statement {
    var prepared: OpaquePointer?
    let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
    let code = sqlite3_prepare_v3(handle, sql, -1, flags, &prepared, nil)
    guard code == SQLITE_OK, let prepared else { throw failure(code) }
    return Statement(prepared, connection: self)
  }

  /// Runs `body` as one transaction that writes; takes it back if anything fails.
  func transaction<Value>(
    _ body: () throws(StoreFailure) -> Value
  ) throws(StoreFailure) -> Value {
    try statement("BEGIN IMMEDIATE").run()
    do throws(StoreFailure) {
      let value = try body()
      try statement("COMMIT").run()
      return value
    } catch {
      // SQLite may have rolled back by itself; what counts is the first failure.
      if sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
      throw error
    }
  }

  /// Runs `body`, which only reads, on one state of the database: one lock for all its statements.
  func snapshot<Value>(
    _ body: () throws(StoreFailure) -> Value
  ) throws(StoreFailure) -> Value {
    try statement("BEGIN").run()
    defer { if sqlite3_get_autocommit(handle) == 0 { try? statement("COMMIT").run() } }
    return try body()
  }

  /// The value of a pragma, or any query of one number.
  func number(_ sql: String) throws(StoreFailure) -> Int64 {
    let statement = try statement(sql)
    defer { statement.reset() }
    guard try statement.step() else {
      throw .corrupted(file: path, reason: "no answer to \(sql)")
    }
    return statement.int64(0)
  }

  func text(_ sql: String) throws(StoreFailure) -> String {
    let statement = try statement(sql)
    defer { statement.reset() }
    return try statement.step() ? statement.text(0) : ""
  }

  /// How many rows the last INSERT, UPDATE or DELETE touched.
  var changes: Int { Int(sqlite3_changes(handle)) }

  /// The C handle, for what only one owner needs: functions, hooks, checkpoints.
  func withHandle<Value>(_ body: (OpaquePointer) -> Value) -> Value { body(handle) }

  /// Leaves the WAL in place when the last connection closes.
  func keepWriteAheadLog() {
    var isKept: Int32 = 1
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &isKept)
  }

  func failure(_ code: Int32) -> StoreFailure {
    StoreFailure(code, path: path, role: role, message: Self.message(handle))
  }

  private static func message(_ handle: OpaquePointer) -> String {
    sqlite3_errmsg(handle).map { String(cString: $0) } ?? ""
  }

  private static let configured: Void = {
    _ = martlet_sqlite3_without_memory_statistics()
    PacedWrites.install()
  }()
}

extension StoreFailure {
  /// Says in the port's words what a result code of SQLite means for the file.
  init(_ code: Int32, path: String, role: Connection.Role, message: String?) {
    let name = sqlite3_errstr(code).map { String(cString: $0) } ?? "code \(code)"
    let reason = message.map { $0 == name ? name : "\(name): \($0)" } ?? name
    switch (code & 0xff, code) {
    case (SQLITE_CORRUPT, _), (SQLITE_NOTADB, _), (SQLITE_FORMAT, _),
      // The statements are ours: if they do not fit, the schema is not what we wrote.
      (SQLITE_ERROR, _), (SQLITE_CONSTRAINT, _), (SQLITE_MISMATCH, _),
      (_, SQLITE_IOERR | 33 << 8),  // SQLITE_IOERR_CORRUPTFS
      (_, SQLITE_IOERR | 2 << 8):  // SQLITE_IOERR_SHORT_READ
      self = .corrupted(file: path, reason: reason)
    default:
      switch role {
      case .writer: self = .writeFailed(file: path, reason: reason)
      case .reader: self = .readFailed(file: path, reason: reason)
      }
    }
  }
}
