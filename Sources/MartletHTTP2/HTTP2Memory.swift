internal import CNGHTTP2

/// The memory of the sessions of one event loop: free blocks by size, taken and given back without
/// a lock.
///
/// The library allocates some ten small blocks for each stream, and many streams live at once,
/// which is what general allocators do worst: theirs was a fifth of a call's cost. Not thread safe;
/// all its sessions must be on one thread.
package final class HTTP2Memory {
  /// Before each block: which list it belongs to. 16 bytes, to keep the block aligned.
  private static let headerBytes = 16
  private static let stepBytes = 32
  private static let listCount = 64
  /// Blocks larger than the largest list's come from the system.
  private static let unlisted = UInt64.max
  /// Free blocks that one list keeps, at most.
  private static let keptBlocks = 4096

  private struct List {
    var first: UnsafeMutableRawPointer?
    var count = 0
  }

  private let lists: UnsafeMutablePointer<List>
  let table: UnsafeMutablePointer<nghttp2_mem>

  package init() {
    lists = .allocate(capacity: Self.listCount)
    lists.initialize(repeating: List(), count: Self.listCount)
    table = .allocate(capacity: 1)
    table.initialize(
      to: nghttp2_mem(
        mem_user_data: UnsafeMutableRawPointer(lists),
        malloc: { HTTP2Memory.allocate($0, $1) },
        free: { HTTP2Memory.free($0, $1) },
        calloc: { HTTP2Memory.allocateZeroed($0, $1, $2) },
        realloc: { HTTP2Memory.reallocate($0, $1, $2) }))
  }

  deinit {
    for index in 0..<Self.listCount {
      while let block = lists[index].first {
        lists[index].first = block.load(as: UnsafeMutableRawPointer?.self)
        (block - Self.headerBytes).deallocate()
      }
    }
    lists.deallocate()
    table.deallocate()
  }

  @inline(__always)
  private static func allocate(
    _ size: Int, _ userData: UnsafeMutableRawPointer?
  ) -> UnsafeMutableRawPointer? {
    guard let lists = userData?.assumingMemoryBound(to: List.self) else { return nil }
    let index = (max(1, size) &+ (stepBytes &- 1)) / stepBytes &- 1
    guard index < listCount else { return fresh(size, list: unlisted) }
    guard let block = lists[index].first else {
      return fresh((index &+ 1) &* stepBytes, list: UInt64(index))
    }
    lists[index].first = block.load(as: UnsafeMutableRawPointer?.self)
    lists[index].count &-= 1
    return block
  }

  @inline(never)
  private static func fresh(_ size: Int, list: UInt64) -> UnsafeMutableRawPointer? {
    let block = UnsafeMutableRawPointer.allocate(byteCount: headerBytes + size, alignment: 16)
    block.storeBytes(of: list, as: UInt64.self)
    block.storeBytes(of: size, toByteOffset: 8, as: Int.self)
    return block + headerBytes
  }

  @inline(__always)
  private static func free(
    _ block: UnsafeMutableRawPointer?, _ userData: UnsafeMutableRawPointer?
  ) {
    guard let block, let lists = userData?.assumingMemoryBound(to: List.self) else { return }
    let list = (block - headerBytes).load(as: UInt64.self)
    guard list != unlisted, lists[Int(list)].count < keptBlocks else {
      (block - headerBytes).deallocate()
      return
    }
    block.storeBytes(of: lists[Int(list)].first, as: UnsafeMutableRawPointer?.self)
    lists[Int(list)].first = block
    lists[Int(list)].count &+= 1
  }

  private static func allocateZeroed(
    _ count: Int, _ size: Int, _ userData: UnsafeMutableRawPointer?
  ) -> UnsafeMutableRawPointer? {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    guard !overflow, let block = allocate(bytes, userData) else { return nil }
    block.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return block
  }

  private static func reallocate(
    _ old: UnsafeMutableRawPointer?, _ size: Int, _ userData: UnsafeMutableRawPointer?
  ) -> UnsafeMutableRawPointer? {
    guard let old else { return allocate(size, userData) }
    let oldSize = (old - headerBytes).load(fromByteOffset: 8, as: Int.self)
    guard size > oldSize else { return old }
    guard let block = allocate(size, userData) else { return nil }
    block.copyMemory(from: old, byteCount: oldSize)
    free(old, userData)
    return block
  }
}
