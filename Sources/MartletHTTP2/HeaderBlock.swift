/// The header fields of one received block, kept as raw bytes: one buffer for all, nothing allocated per field.
package final class HeaderBlock {
  @exclusivity(unchecked) private let bytes = ByteQueue()
  @exclusivity(unchecked) package private(set) var fieldCount = 0
  /// The size as HTTP/2 counts it: name + value + 32 for each field, kept or not.
  @exclusivity(unchecked) package private(set) var listSize = 0

  package init() {}

  /// Calls `body` with each field in the order of arrival. The buffers are valid during the call only.
  package func forEach(
    _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
  ) {
    let all = bytes.readable
    var offset = 0
    while offset &+ 8 <= all.count {
      let nameCount = Int(all.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      let valueCount = Int(all.loadUnaligned(fromByteOffset: offset &+ 4, as: UInt32.self))
      let nameStart = offset &+ 8
      let valueStart = nameStart &+ nameCount
      offset = valueStart &+ valueCount
      body(
        UnsafeRawBufferPointer(rebasing: all[nameStart..<valueStart]),
        UnsafeRawBufferPointer(rebasing: all[valueStart..<offset]))
    }
  }

  /// Counts a field without keeping it.
  func count(nameBytes: Int, valueBytes: Int) {
    fieldCount &+= 1
    listSize &+= nameBytes &+ valueBytes &+ 32
  }

  func append(
    _ name: UnsafePointer<UInt8>, _ nameCount: Int, _ value: UnsafePointer<UInt8>, _ valueCount: Int
  ) {
    count(nameBytes: nameCount, valueBytes: valueCount)
    let region = bytes.reserve(8 &+ nameCount &+ valueCount)
    region.storeBytes(of: UInt32(truncatingIfNeeded: nameCount), toByteOffset: 0, as: UInt32.self)
    region.storeBytes(of: UInt32(truncatingIfNeeded: valueCount), toByteOffset: 4, as: UInt32.self)
    guard let start = region.baseAddress else { return }
    (start + 8).copyMemory(from: name, byteCount: nameCount)
    (start + 8 + nameCount).copyMemory(from: value, byteCount: valueCount)
  }

  func reset() {
    bytes.reset(keeping: 4 << 10)
    fieldCount = 0
    listSize = 0
  }
}
