import CSQLite
import MartletStore

/// A prepared statement. Parameters are numbered from 1, columns from 0, as in SQLite.
final class Statement {
  private let handle: OpaquePointer
  private unowned let connection: Connection
  /// The first failure to bind; `step` throws it.
  private var bindingCode = SQLITE_OK

  init(_ handle: OpaquePointer, connection: Connection) {
    self.handle = handle
    self.connection = connection
  }

  deinit { sqlite3_finalize(handle) }

  // MARK: Parameters; they keep their values over `reset`

  func bind(_ index: Int32, _ value: Int64) {
    note(sqlite3_bind_int64(handle, index, value))
  }

  func bind(_ index: Int32, double value: Double) {
    note(sqlite3_bind_double(handle, index, value))
  }

  func bind(_ index: Int32, _ value: Int64?) {
    if let value { bind(index, value) } else { bindNull(index) }
  }

  func bindNull(_ index: Int32) { note(sqlite3_bind_null(handle, index)) }

  /// Without a copy: the bytes must stay where they are until the statement is reset.
  func bind(_ index: Int32, borrowed bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else {
      return note(sqlite3_bind_zeroblob(handle, index, 0))
    }
    note(sqlite3_bind_blob64(handle, index, start, UInt64(bytes.count), nil))
  }

  func bind(_ index: Int32, copying bytes: [UInt8]) {
    guard !bytes.isEmpty else { return note(sqlite3_bind_zeroblob(handle, index, 0)) }
    let code = bytes.withUnsafeBufferPointer {
      sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), Self.transient)
    }
    note(code)
  }

  func bind(_ index: Int32, _ text: String) {
    var text = text
    let code = text.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) {
        sqlite3_bind_text(handle, index, $0.baseAddress, Int32($0.count), Self.transient)
      }
    }
    note(code)
  }

  // MARK: Running

  /// True if there is a row to read.
  func step() throws(StoreFailure) -> Bool {
    guard bindingCode == SQLITE_OK else { throw connection.failure(bindingCode) }
    let code = sqlite3_step(handle)
    switch code {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default:
      let failure = connection.failure(code)
      sqlite3_reset(handle)
      throw failure
    }
  }

  /// Steps to the end, past any rows, and resets.
  func run() throws(StoreFailure) {
    while try step() {}
    reset()
  }

  /// Ends the statement's transaction and frees it for the next use.
  func reset() { sqlite3_reset(handle) }

  // MARK: Columns of the current row

  func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  func optionalInt64(_ column: Int32) -> Int64? { isNull(column) ? nil : int64(column) }

  func text(_ column: Int32) -> String {
    sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
  }

  func bytes(_ column: Int32) -> [UInt8] { withBytes(column) { [UInt8]($0) } }

  func optionalBytes(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }

  /// The bytes of a blob where SQLite has them; empty if it is NULL.
  func withBytes<Value>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    let start = sqlite3_column_blob(handle, column)
    let count = Int(sqlite3_column_bytes(handle, column))
    return body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
  }

  private func note(_ code: Int32) {
    if code != SQLITE_OK && bindingCode == SQLITE_OK { bindingCode = code }
  }

  /// SQLITE_TRANSIENT: SQLite makes its own copy.
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
