import Glibc
package import MartletStore

/// A data directory: the log and the index. Other processes are kept out until both are released.
package final class SQLiteStore: Sendable {
  package let log: SQLiteEventLog
  package let index: SQLiteTaskIndex

  /// Opens the directory, making it and its files if they are not there.
  package static func open(directory: String) throws(StoreFailure) -> SQLiteStore {
    try SQLiteStore(directory: directory)
  }

  private init(directory: String) throws(StoreFailure) {
    if mkdir(directory, 0o700) != 0 && errno != EEXIST {
      throw .writeFailed(file: directory, reason: SystemError.last.description)
    }
    let lock = try DirectoryLock(directory: directory)
    log = try SQLiteEventLog(directory: directory, lock: lock)
    index = try SQLiteTaskIndex(directory: directory, lock: lock)
  }

  /// After this, nothing of the store may be used.
  package func close() {
    log.close()
    index.close()
  }
}
