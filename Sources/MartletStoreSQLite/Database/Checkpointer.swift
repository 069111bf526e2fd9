import CSQLite
import Glibc
import MartletStore

/// Moves what is in a file's WAL to the file, on a connection of its own, so that neither readers
/// nor the writer wait for it.
final class Checkpointer {
  private let connection: Connection
  private let wal: Int32

  init(path: String) throws(StoreFailure) {
    connection = try Connection(path: path, role: .writer)
    // The WAL is made by the first access.
    _ = try connection.number("SELECT count(*) FROM sqlite_schema")
    wal = open("\(path)-wal", O_RDWR | O_CLOEXEC)
    guard wal >= 0 else {
      throw .writeFailed(file: "\(path)-wal", reason: SystemError.last.description)
    }
  }

  deinit { close(wal) }

  /// Makes all durable that was committed before the call: what a checkpoint has not yet moved to
  /// the file is in the WAL, and that is flushed first. What a checkpoint has moved is flushed by
  /// SQLite before the WAL starts anew.
  func checkpoint() throws(StoreFailure) {
    guard fdatasync(wal) == 0 else {
      throw .writeFailed(file: "\(connection.path)-wal", reason: SystemError.last.description)
    }
    let code = connection.withHandle {
      sqlite3_wal_checkpoint_v2($0, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
    }
    // Busy: the writer's own checkpoint is under way.
    guard code == SQLITE_OK || code & 0xff == SQLITE_BUSY else { throw connection.failure(code) }
  }
}
