import Glibc
import MartletStore

/// Holds a data directory for this process: an exclusive lock on its file LOCK, which says whose
/// it is. The system drops the lock with the process, however that ends.
final class DirectoryLock: Sendable {
  private let descriptor: Int32

  init(directory: String) throws(StoreFailure) {
    let path = "\(directory)/LOCK"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .writeFailed(file: path, reason: SystemError.last.description)
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let error = SystemError.last
      let owner = Self.owner(in: descriptor)
      close(descriptor)
      guard error.code == EWOULDBLOCK else {
        throw .writeFailed(file: path, reason: error.description)
      }
      throw .inUse(directory: directory, owner: owner)
    }
    self.descriptor = descriptor
    let text = Array("pid \(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count
    else {
      // Who holds it is a help for people; the lock itself is taken.
      return
    }
  }

  deinit { close(descriptor) }

  private static func owner(in descriptor: Int32) -> String {
    var text = [UInt8](repeating: 0, count: 64)
    let count = pread(descriptor, &text, text.count, 0)
    guard count > 0 else { return "" }
    return String(decoding: text[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
