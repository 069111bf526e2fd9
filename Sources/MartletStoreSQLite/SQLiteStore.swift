import Glibc
import MartletCore
package import MartletStore

/// A data directory: the log and the index. Other processes are kept out until both are closed.
package final class SQLiteStore: Sendable {
  package let log: SQLiteEventLog
  package let index: SQLiteTaskIndex

  /// Opens the directory, making it, what is missing above it and its files; only this user may
  /// enter a new one. Throws `.inUse`, `.newerFormat`, or `.corrupted` with the name of the file,
  /// also if one of two files is gone that belong together.
  package static func open(directory: String) throws(StoreFailure) -> SQLiteStore {
    try SQLiteStore(directory: directory)
  }

  private init(directory: String) throws(StoreFailure) {
    let made = try Self.make(directory)
    let lock = try DirectoryLock(directory: directory)
    let indexIsNew = !DatabaseFile.index.hasContents(in: directory)
    if !indexIsNew && !DatabaseFile.log.hasContents(in: directory) {
      throw .corrupted(
        file: DatabaseFile.log.path(in: directory), reason: "it is gone, while index.db is there")
    }
    log = try SQLiteEventLog(directory: directory, lock: lock)
    let oldest = try log.bounds().oldest
    if indexIsNew && oldest > Revision(1) {
      // What the log no longer keeps was only there: it cannot be made again.
      throw .corrupted(
        file: DatabaseFile.index.path(in: directory), reason: "it is gone, while log.db is there")
    }
    index = try SQLiteTaskIndex(directory: directory, lock: lock)
    try checkTogether(directory)
    for path in made { try Self.flushEntry(of: path) }
  }

  /// After this, nothing of the store may be used.
  package func close() {
    log.close()
    index.close()
  }

  /// The index must go on from the log without a gap, and never ahead of it.
  private func checkTogether(_ directory: String) throws(StoreFailure) {
    let bounds = try log.bounds()
    let applied = try index.appliedThrough()
    if applied > bounds.newest {
      throw .corrupted(
        file: DatabaseFile.log.path(in: directory),
        reason: "it ends at revision \(bounds.newest.rawValue), but index.db has seen"
          + " \(applied.rawValue): one of them is from another time")
    }
    if applied.next < bounds.oldest {
      throw .corrupted(
        file: DatabaseFile.index.path(in: directory),
        reason: "it ends at revision \(applied.rawValue), but log.db begins with"
          + " \(bounds.oldest.rawValue): one of them is from another time")
    }
  }

  /// Makes the directory and what is missing above it; gives those that are new.
  private static func make(_ directory: String) throws(StoreFailure) -> [String] {
    var made: [String] = []
    for path in paths(to: directory) {
      if mkdir(path, 0o700) == 0 {
        made.append(path)
      } else if errno != EEXIST {
        throw .writeFailed(file: directory, reason: SystemError.last.description)
      }
    }
    // A file of that name is there as well.
    guard access("\(directory)/.", F_OK) == 0 else {
      throw .writeFailed(file: directory, reason: SystemError.last.description)
    }
    return made
  }

  /// `a`, `a/b`, `a/b/c` of `a/b/c`.
  private static func paths(to directory: String) -> [String] {
    let bytes = Array(directory.utf8)
    let ends = bytes.indices.dropFirst().filter { bytes[$0] == UInt8(ascii: "/") } + [bytes.count]
    return ends.map { String(decoding: bytes[..<$0], as: UTF8.self) }
  }

  /// Makes the directory's own name durable. (SQLite does so for the files in it.)
  private static func flushEntry(of directory: String) throws(StoreFailure) {
    for path in [directory, "\(directory)/.."] {
      let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw .writeFailed(file: path, reason: SystemError.last.description)
      }
      defer { Glibc.close(descriptor) }
      guard fsync(descriptor) == 0 else {
        throw .writeFailed(file: path, reason: SystemError.last.description)
      }
    }
  }
}
