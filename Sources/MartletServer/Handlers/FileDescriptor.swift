import CLinux
import Glibc

/// An errno.
struct SystemError: Error, Hashable, CustomStringConvertible {
  var number: Int32

  init(_ number: Int32) { self.number = number }

  /// That of the call that just failed.
  static var last: SystemError { SystemError(errno) }

  var description: String { String(cString: strerror(number)) }
}

/// An open file of this process, closed with the value.
struct FileDescriptor: ~Copyable {
  let number: Int32

  private init(owning number: Int32) throws(SystemError) {
    guard number >= 0 else { throw .last }
    self.number = number
  }

  deinit { close(number) }

  /// Links are followed: the path is the operator's.
  static func openRoot(_ path: String) throws(SystemError) -> FileDescriptor {
    try FileDescriptor(owning: Glibc.open(path, martlet_o_path | O_DIRECTORY | O_CLOEXEC))
  }

  /// A directory to go on from; the right to list it is not needed.
  func openDirectory(_ name: String) throws(SystemError) -> FileDescriptor {
    try openEntry(name, flags: martlet_o_path | O_DIRECTORY)
  }

  /// One name, no link.
  func openEntry(_ name: String, flags: Int32) throws(SystemError) -> FileDescriptor {
    try FileDescriptor(owning: openat(number, name, flags | O_NOFOLLOW | O_CLOEXEC))
  }

  /// A path that the kernel resolves without ever leaving this directory.
  func openBeneath(_ path: String, flags: Int32) throws(SystemError) -> FileDescriptor {
    let resolve = UInt64(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)
    return try FileDescriptor(
      owning: martlet_openat2(number, path, UInt64(flags | O_CLOEXEC), resolve))
  }

  /// Where the link `name` leads.
  func linkTarget(of name: String) throws(SystemError) -> String {
    var count = 0
    let target = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, filled in
      guard let start = buffer.baseAddress else { return }
      count = readlinkat(number, name, start, buffer.count)
      filled = max(0, count)
    }
    guard count >= 0 else { throw .last }
    // The text of a link need not be UTF-8; what is not then leads nowhere.
    return String(decoding: target, as: UTF8.self)
  }

  func status() throws(SystemError) -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw .last }
    return status
  }

  /// 0 at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    while true {
      let count = Glibc.read(number, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      guard errno == EINTR else { throw .last }
    }
  }
}
