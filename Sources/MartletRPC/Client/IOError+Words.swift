import Glibc
import NIOCore

extension IOError {
  /// What the system calls it, such as `connection refused`: no call of the system, no number.
  var words: String {
    strerror(errnoCode).map { String(cString: $0).lowercased() } ?? "error \(errnoCode)"
  }
}
