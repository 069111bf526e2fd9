import Glibc

/// The reason for which a call of the operating system failed.
struct SystemError: CustomStringConvertible {
  let code: Int32

  /// Of the last call on this thread.
  static var last: SystemError { SystemError(code: errno) }

  var description: String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }
}
