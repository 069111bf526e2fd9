import CSQLite
import Glibc
import MartletStore

/// The file NAME-wal beside a database, where SQLite appends the pages that a transaction changed
/// until a checkpoint moves them to the database.
final class WriteAheadLog {
  private let path: String
  private let descriptor: Int32

  /// Of the database at that path, which must have been opened before.
  init(of path: String) throws(StoreFailure) {
    self.path = "\(path)-wal"
    descriptor = open(self.path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .writeFailed(file: self.path, reason: SystemError.last.description)
    }
  }

  deinit { close(descriptor) }

  /// Waits until all that was written is on the medium.
  func flush() throws(StoreFailure) {
    guard fdatasync(descriptor) == 0 else {
      throw .writeFailed(file: path, reason: SystemError.last.description)
    }
  }

  /// Fills the file up with zeros, which SQLite takes for its end: a flush of bytes that replace
  /// others is quicker than one of a file that grows, since the file system has nothing to note.
  func preallocate(byteCount: Int) throws(StoreFailure) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .writeFailed(file: path, reason: SystemError.last.description)
    }
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    var offset = Int(status.st_size)
    while offset < byteCount {
      let written = pwrite(descriptor, zeros, min(zeros.count, byteCount - offset), off_t(offset))
      guard written > 0 else {
        throw .writeFailed(file: path, reason: SystemError.last.description)
      }
      offset += written
    }
    try flush()
  }
}
