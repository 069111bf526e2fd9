/// The header fields of one received block, kept as raw bytes: one buffer for all, nothing
/// allocated per field.
///
/// A bare pointer with one owner, like the queue inside it; `Sendable` is unchecked for it too.
public struct HeaderBlock: @unchecked Sendable {
  private struct Counts {
    var fields = 0
    var listSize = 0
  }

  @usableFromInline let bytes = ByteQueue()
  private let counts: UnsafeMutablePointer<Counts>

  package init() {
    counts = .allocate(capacity: 1)
    counts.initialize(to: Counts())
  }

  /// Ends the block; it must not be used afterwards.
  package func deallocate() {
    bytes.deallocate()
    counts.deallocate()
  }

  package var fieldCount: Int { counts.pointee.fields }
  /// The size as HTTP/2 counts it: name + value + 32 for each field, kept or not.
  package var listSize: Int { counts.pointee.listSize }

  /// Calls `body` with each field in the order of arrival. The buffers are valid during the call
  /// only.
  @inlinable @inline(__always)
  public func visit(
    _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
  ) {
    let all = bytes.readable
    guard let start = all.baseAddress else { return }
    var offset = 0
    while offset &+ 8 <= all.count {
      let nameCount = Int(start.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      let valueCount = Int(start.loadUnaligned(fromByteOffset: offset &+ 4, as: UInt32.self))
      let name = start + (offset &+ 8)
      let value = name + nameCount
      offset = offset &+ 8 &+ nameCount &+ valueCount
      body(
        UnsafeRawBufferPointer(start: name, count: nameCount),
        UnsafeRawBufferPointer(start: value, count: valueCount))
    }
  }

  /// Counts a field without keeping it.
  func count(nameBytes: Int, valueBytes: Int) {
    counts.pointee.fields &+= 1
    counts.pointee.listSize &+= nameBytes &+ valueBytes &+ 32
  }

  @inline(__always)
  func append(
    _ name: UnsafePointer<UInt8>, _ nameCount: Int, _ value: UnsafePointer<UInt8>, _ valueCount: Int
  ) {
    count(nameBytes: nameCount, valueBytes: valueCount)
    let region = bytes.reserve(8 &+ nameCount &+ valueCount)
    guard let start = region.baseAddress else { return }
    start.storeBytes(of: UInt32(truncatingIfNeeded: nameCount), as: UInt32.self)
    start.storeBytes(
      of: UInt32(truncatingIfNeeded: valueCount), toByteOffset: 4, as: UInt32.self)
    (start + 8).copyMemory(from: name, byteCount: nameCount)
    (start + 8 + nameCount).copyMemory(from: value, byteCount: valueCount)
  }

  func reset() {
    bytes.reset(keeping: 4 << 10)
    counts.pointee = Counts()
  }
}
