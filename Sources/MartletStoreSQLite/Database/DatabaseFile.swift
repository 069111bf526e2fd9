import CSQLite
import Glibc
import MartletStore

/// What makes one of our two files: its name, the mark in its header, its format and its tables.
struct DatabaseFile: Sendable {
  let name: String
  /// Tells a file of ours from any other database; at offset 68 of the file.
  let applicationID: Int64
  /// The format that this software writes; older ones are none yet.
  let format: Int
  let pageBytes: Int
  /// Run once, when the file is new.
  let schema: String

  func path(in directory: String) -> String { "\(directory)/\(name)" }

  /// Whether the file is there and not empty.
  func hasContents(in directory: String) -> Bool {
    var status = stat()
    return stat(path(in: directory), &status) == 0 && status.st_size > 0
  }

  /// Opens the file for writing, with its tables, making it if it is not there or is empty.
  func open(in directory: String) throws(StoreFailure) -> Connection {
    let path = path(in: directory)
    try create(path)
    let connection = try Connection(path: path, role: .writer)
    let isNew = try check(connection)
    if isNew { try connection.execute("PRAGMA page_size = \(pageBytes)") }
    guard try connection.text("PRAGMA journal_mode = WAL") == "wal" else {
      throw .writeFailed(file: path, reason: "the file system does not support WAL mode")
    }
    try connection.execute("PRAGMA secure_delete = OFF")
    if isNew {
      try connection.transaction { () throws(StoreFailure) in
        try connection.execute(schema)
        try connection.execute("PRAGMA application_id = \(applicationID)")
        try connection.execute("PRAGMA user_version = \(format)")
      }
    }
    return connection
  }

  /// Whether the file has no tables yet; refuses one that is not ours to write.
  private func check(_ connection: Connection) throws(StoreFailure) -> Bool {
    let found = try Int(connection.number("PRAGMA user_version"))
    let mark = try connection.number("PRAGMA application_id")
    if mark == 0 && found == 0 {
      guard try connection.number("SELECT count(*) FROM sqlite_schema") == 0 else {
        throw .corrupted(file: connection.path, reason: "it is another program's database")
      }
      return true
    }
    guard mark == applicationID else {
      throw .corrupted(file: connection.path, reason: "it is another program's database")
    }
    guard found <= format else {
      throw .newerFormat(file: connection.path, found: found, known: format)
    }
    guard found == format else {
      throw .corrupted(file: connection.path, reason: "format \(found) never existed")
    }
    return false
  }

  /// Makes the file before SQLite does, so that nobody else may read it; SQLite gives the files
  /// beside it the same mode.
  private func create(_ path: String) throws(StoreFailure) {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .writeFailed(file: path, reason: SystemError.last.description)
    }
    close(descriptor)
  }
}
