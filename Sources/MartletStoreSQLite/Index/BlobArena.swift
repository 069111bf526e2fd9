/// Room for the blobs of one row while SQLite reads them: what is bound must not move, and a copy
/// into memory that is there already costs less than SQLite's own copies.
final class BlobArena {
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
  private var used = 0

  deinit { memory.deallocate() }

  /// Ends the life of what was appended, and makes room for so many bytes.
  func clear(reserving byteCount: Int) {
    used = 0
    guard byteCount > memory.count else { return }
    memory.deallocate()
    memory = .allocate(byteCount: byteCount.advanced(by: byteCount / 2), alignment: 16)
  }

  /// Copies the bytes; they stay in place until `clear`. All that is appended between two calls of
  /// `clear` must fit into what was reserved.
  func append(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
    let room = UnsafeMutableRawBufferPointer(rebasing: memory[used..<used + bytes.count])
    room.copyBytes(from: bytes)
    used += bytes.count
    return UnsafeRawBufferPointer(room)
  }
}
