/// A first-in, first-out run of bytes in one block of memory that grows as needed.
///
/// A bare pointer and not a class: the hot path touches several queues for each frame, and counting
/// references to them was a tenth of a call's cost. So it has one owner, who calls `deallocate`
/// once; it has no lock either, and `Sendable` is unchecked: it goes where its owner goes.
public struct ByteQueue: @unchecked Sendable {
  @usableFromInline struct Fields {
    @usableFromInline var base: UnsafeMutableRawPointer?
    @usableFromInline var capacity = 0
    @usableFromInline var head = 0
    @usableFromInline var tail = 0
  }

  @usableFromInline let fields: UnsafeMutablePointer<Fields>

  package init() {
    fields = .allocate(capacity: 1)
    fields.initialize(to: Fields())
  }

  /// Ends the queue; it must not be used afterwards.
  package func deallocate() {
    fields.pointee.base?.deallocate()
    fields.deinitialize(count: 1)
    fields.deallocate()
  }

  /// Bytes waiting to be read.
  @inlinable public var count: Int {
    @inline(__always) get { fields.pointee.tail &- fields.pointee.head }
  }

  @inlinable public var isEmpty: Bool {
    @inline(__always) get { fields.pointee.tail == fields.pointee.head }
  }

  /// The waiting bytes in place; valid until the next change of the queue.
  @inlinable public var readable: UnsafeRawBufferPointer {
    @inline(__always) get {
      guard let base = fields.pointee.base else {
        return UnsafeRawBufferPointer(start: nil, count: 0)
      }
      return UnsafeRawBufferPointer(start: base + fields.pointee.head, count: count)
    }
  }

  package func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    grow(for: bytes.count).copyMemory(from: source, byteCount: bytes.count)
    fields.pointee.tail &+= bytes.count
  }

  /// Adds `byteCount` uninitialized bytes and hands them out to be filled before anything else is
  /// called.
  @inlinable @inline(__always)
  public func reserve(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
    let start = grow(for: byteCount)
    fields.pointee.tail &+= byteCount
    return UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  /// Forgets the first `byteCount` waiting bytes.
  @inlinable @inline(__always)
  public func discard(_ byteCount: Int) {
    fields.pointee.head &+= min(byteCount, count)
    if isEmpty {
      fields.pointee.head = 0
      fields.pointee.tail = 0
    }
  }

  /// Takes back the last `byteCount` bytes that were added.
  package func removeLast(_ byteCount: Int) {
    fields.pointee.tail &-= min(byteCount, count)
  }

  /// Empties the queue; a block larger than `kept` bytes is given back to the system.
  package func reset(keeping kept: Int = 16 << 10) {
    fields.pointee.head = 0
    fields.pointee.tail = 0
    if fields.pointee.capacity > kept {
      fields.pointee.base?.deallocate()
      fields.pointee.base = nil
      fields.pointee.capacity = 0
    }
  }

  @inlinable @inline(__always)
  func grow(for byteCount: Int) -> UnsafeMutableRawPointer {
    let tail = fields.pointee.tail
    if let base = fields.pointee.base, fields.pointee.capacity &- tail >= byteCount {
      return base + tail
    }
    return relocate(for: byteCount)
  }

  @usableFromInline @inline(never)
  func relocate(for byteCount: Int) -> UnsafeMutableRawPointer {
    var new = fields.pointee
    let waiting = new.tail - new.head
    let needed = waiting + byteCount
    defer { fields.pointee = new }
    // Moving within the block pays only while it frees at least half of it; else appending would
    // become quadratic.
    if let base = new.base, needed <= new.capacity, new.head >= new.capacity / 2 {
      base.copyMemory(from: base + new.head, byteCount: waiting)
      new.head = 0
      new.tail = waiting
      return base + waiting
    }
    let capacity = max(256, max(needed, min(new.capacity * 2, needed * 2)))
    let base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    if let old = new.base {
      base.copyMemory(from: old + new.head, byteCount: waiting)
      old.deallocate()
    }
    new = Fields(base: base, capacity: capacity, head: 0, tail: waiting)
    return base + waiting
  }
}
