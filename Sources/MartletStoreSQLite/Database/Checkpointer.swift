import CSQLite
import MartletStore

/// Moves what is in a database's WAL to the database, on a connection of its own, so that neither
/// readers nor the writer wait for it. Used by one thread at a time.
final class Checkpointer {
  private let connection: Connection
  private let wal: WriteAheadLog

  init(path: String) throws(StoreFailure) {
    connection = try Connection(path: path, role: .writer)
    // The WAL is there after the first access.
    _ = try connection.number("SELECT count(*) FROM sqlite_schema")
    wal = try WriteAheadLog(of: path)
  }

  /// Makes all durable that was committed before the call. What no checkpoint has yet moved is in
  /// the WAL, which is flushed first; what one has moved SQLite flushes in the database before it
  /// lets the WAL start anew.
  func checkpoint() throws(StoreFailure) {
    try wal.flush()
    try PacedWrites.during { () throws(StoreFailure) in try connection.checkpoint() }
  }

  /// Leaves next to nothing in the WAL to move while the writer goes on: once for what is there,
  /// and once for what came meanwhile. SQLite flushes the database only at the end of a checkpoint
  /// that has moved everything; here it is flushed each time, or the last one would have to.
  func move() throws(StoreFailure) {
    for _ in 1...2 {
      try checkpoint()
      try connection.flushDatabase()
    }
  }
}

extension Connection {
  /// Waits until all that was written to the database itself is on the medium.
  fileprivate func flushDatabase() throws(StoreFailure) {
    let code = withHandle { handle in
      var file: UnsafeMutablePointer<sqlite3_file>?
      let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file)
      guard code == SQLITE_OK, let file, let sync = file.pointee.pMethods.pointee.xSync else {
        return code == SQLITE_OK ? SQLITE_MISUSE : code
      }
      return sync(file, SQLITE_SYNC_NORMAL)
    }
    guard code == SQLITE_OK else { throw failure(code) }
  }

  /// Moves as much from the WAL to the database as is possible without waiting for anyone.
  func checkpoint() throws(StoreFailure) {
    let code = withHandle {
      sqlite3_wal_checkpoint_v2($0, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
    }
    // Busy: another connection's checkpoint is under way.
    guard code == SQLITE_OK || code & 0xff == SQLITE_BUSY else { throw failure(code) }
  }
}
