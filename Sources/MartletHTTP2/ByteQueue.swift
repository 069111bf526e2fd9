/// A first-in, first-out run of bytes in one block of memory that grows as needed.
///
/// A class, so that the parties that fill and empty it (C callbacks, codecs) touch one block without copies. It has no
/// lock: whoever owns the stream owns its queues.
package final class ByteQueue {
  @exclusivity(unchecked) private var base: UnsafeMutableRawPointer?
  @exclusivity(unchecked) private var capacity = 0
  @exclusivity(unchecked) private var head = 0
  @exclusivity(unchecked) private var tail = 0

  package init() {}

  deinit { base?.deallocate() }

  /// Bytes waiting to be read.
  package var count: Int { tail - head }

  package var isEmpty: Bool { tail == head }

  /// The waiting bytes in place; valid until the next change of the queue.
  package var readable: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base.map { $0 + head }, count: tail - head)
  }

  package func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    grow(for: bytes.count).copyMemory(from: source, byteCount: bytes.count)
    tail += bytes.count
  }

  /// Adds `byteCount` uninitialized bytes and hands them out to be filled before anything else is called.
  package func reserve(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
    let start = grow(for: byteCount)
    tail += byteCount
    return UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  /// Forgets the first `byteCount` waiting bytes.
  package func discard(_ byteCount: Int) {
    head += min(byteCount, tail - head)
  }

  /// Makes all bytes since the last `reset` readable again. Only for a queue that was filled before it was first read.
  package func rewind() { head = 0 }

  /// Empties the queue; a block larger than `kept` bytes is given back to the system.
  package func reset(keeping kept: Int = 16 << 10) {
    head = 0
    tail = 0
    if capacity > kept {
      base?.deallocate()
      base = nil
      capacity = 0
    }
  }

  private func grow(for byteCount: Int) -> UnsafeMutableRawPointer {
    if let base, capacity - tail >= byteCount { return base + tail }
    return relocate(for: byteCount)
  }

  @inline(never)
  private func relocate(for byteCount: Int) -> UnsafeMutableRawPointer {
    let waiting = tail - head
    let needed = waiting + byteCount
    // Moving within the block pays only while it frees at least half of it; else appending would become quadratic.
    if let base, needed <= capacity, head >= capacity / 2 {
      base.copyMemory(from: base + head, byteCount: waiting)
      head = 0
      tail = waiting
      return base + tail
    }
    let newCapacity = max(256, needed > capacity ? max(needed, min(capacity * 2, needed * 2)) : capacity * 2)
    let newBase = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 8)
    if let base {
      newBase.copyMemory(from: base + head, byteCount: waiting)
      base.deallocate()
    }
    base = newBase
    capacity = newCapacity
    head = 0
    tail = waiting
    return newBase + tail
  }
}
