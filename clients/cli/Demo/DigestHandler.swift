internal import Crypto
internal import Foundation
internal import MartletWorker

/// Digests files below one folder, with the failures that the server's own handler has.
struct DigestHandler: Sendable {
  let root: String

  private static let pieceBytes = 256 << 10

  func digest(of path: String) throws -> FileDigest {
    guard let real = realpath(path, nil) else { throw Self.failure(errno, path) }
    defer { free(real) }
    guard String(cString: real).hasPrefix(root == "/" ? root : "\(root)/") else {
      throw TaskFailure(
        code: "NOT_ALLOWED", message: "\(path) is not below \(root)", isRetryable: false)
    }
    let descriptor = open(real, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(errno, path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw TaskFailure(
        code: "NOT_A_FILE", message: "\(path) is not a regular file", isRetryable: false)
    }
    return try digest(of: path, descriptor)
  }

  private func digest(of path: String, _ descriptor: Int32) throws -> FileDigest {
    var hash = SHA256()
    var (bytes, lines) = (Int64(0), Int64(0))
    var buffer = [UInt8](repeating: 0, count: Self.pieceBytes)
    while true {
      try Task.checkCancellation()
      let count = read(descriptor, &buffer, buffer.count)
      guard count >= 0 else {
        throw TaskFailure(code: "READ_FAILED", message: String(cString: strerror(errno)))
      }
      if count == 0 { break }
      hash.update(data: buffer[..<count])
      bytes += Int64(count)
      lines += Int64(buffer[..<count].count { $0 == UInt8(ascii: "\n") })
    }
    let digits = hash.finalize().map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return FileDigest(path: path, sha256: digits.joined(), bytes: bytes, lines: lines)
  }

  private static func failure(_ number: Int32, _ path: String) -> TaskFailure {
    let words = "\(path): \(String(cString: strerror(number)))"
    return switch number {
    case ENOENT, ENOTDIR, ELOOP:
      TaskFailure(code: "NOT_FOUND", message: words, isRetryable: false)
    case EACCES, EPERM:
      TaskFailure(code: "PERMISSION_DENIED", message: words, isRetryable: false)
    default: TaskFailure(code: "READ_FAILED", message: words)
    }
  }
}
