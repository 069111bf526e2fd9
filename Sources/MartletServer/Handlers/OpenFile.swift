import Glibc

/// A regular file that is being read.
struct OpenFile: ~Copyable {
  /// When it was opened; it may grow or shrink.
  let byteCount: Int64
  private let descriptor: FileDescriptor

  /// Refuses what is no regular file.
  init(_ descriptor: consuming FileDescriptor) throws(HandlerFailure) {
    let status: stat
    do throws(SystemError) {
      status = try descriptor.status()
    } catch {
      throw error.failure
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw .notAFile("it is a directory")
    case S_IFIFO: throw .notAFile("it is a pipe")
    default: throw .notAFile("it is a socket or a device")
    }
    byteCount = Int64(status.st_size)
    self.descriptor = descriptor
  }

  /// Calls `body` with one piece of at most `pieceBytesMax` after the other until the end.
  func forEachPiece(
    pieceBytesMax: Int, _ body: (UnsafeRawBufferPointer) throws(HandlerFailure) -> Void
  ) throws(HandlerFailure) {
    // One byte more than the file has, so that a small one takes one small read, and another to see
    // its end.
    let capacity = max(4096, min(pieceBytesMax, Int(clamping: byteCount) + 1))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count: Int
      do throws(SystemError) {
        count = try descriptor.read(into: buffer)
      } catch {
        throw error.failure
      }
      if count == 0 { return }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}
