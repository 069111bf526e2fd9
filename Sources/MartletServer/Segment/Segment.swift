import MartletAPI
package import MartletCore
import MartletProtobuf
package import MartletStore

/// A segment as it was written, checked and ready to be read in parts.
package final class Segment: Sendable {
  package let firstRevision: Revision
  package let count: Int
  package let stamp: Stamp
  package let bytes: [UInt8]
  private let publicStart: Int
  private let privateStart: Int

  /// What is wrong with bytes that should be a segment.
  package struct Damage: Error, Hashable, Sendable {
    package var reason: String
  }

  package var lastRevision: Revision { firstRevision.advanced(by: count - 1) }

  /// Checks length, version and checksum.
  package convenience init(checking stored: StoredSegment) throws(Damage) {
    try self.init(stored)
    let sum = bytes.withUnsafeBytes { bytes in
      let zero: UInt32 = 0
      let head = UnsafeRawBufferPointer(rebasing: bytes[..<SegmentFormat.crcOffset])
      let tail = UnsafeRawBufferPointer(rebasing: bytes[(SegmentFormat.crcOffset + 4)...])
      let middle = withUnsafeBytes(of: zero) {
        CRC32C.checksum($0, seed: CRC32C.checksum(head))
      }
      return CRC32C.checksum(tail, seed: middle)
    }
    if sum != integer(at: SegmentFormat.crcOffset, as: UInt32.self) {
      throw Damage(reason: "the checksum of the segment at \(firstRevision.rawValue) is wrong")
    }
  }

  /// For a segment that this process has just encoded.
  package init(_ stored: StoredSegment) throws(Damage) {
    let bytes = stored.bytes
    guard bytes.count >= SegmentFormat.headerBytes else {
      throw Damage(reason: "a segment of \(bytes.count) bytes is too short")
    }
    func read<Value: FixedWidthInteger>(_ offset: Int, _: Value.Type) -> Value {
      bytes.withUnsafeBytes {
        Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
      }
    }
    guard read(0, UInt32.self) == SegmentFormat.magic,
      read(4, UInt32.self) == SegmentFormat.version
    else { throw Damage(reason: "a segment of an unknown format") }
    let count = Int(read(16, UInt32.self))
    let publicBytes = Int(read(36, UInt32.self))
    let publicStart = SegmentFormat.headerBytes + count * SegmentFormat.entryBytes
    guard count > 0, count == stored.count,
      Revision(read(8, UInt64.self)) == stored.firstRevision,
      publicStart + publicBytes <= bytes.count
    else {
      throw Damage(
        reason: "the segment at \(stored.firstRevision.rawValue) is not what its row says")
    }
    self.bytes = bytes
    self.count = count
    firstRevision = stored.firstRevision
    stamp = Stamp(
      elapsed: Elapsed(nanoseconds: read(20, Int64.self)),
      time: WallTime(nanoseconds: read(28, Int64.self)))
    self.publicStart = publicStart
    privateStart = publicStart + publicBytes
  }

  private func integer<Value: FixedWidthInteger>(at offset: Int, as: Value.Type) -> Value {
    bytes.withUnsafeBytes {
      Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
  }

  // MARK: - Parts

  func entry(_ index: Int) -> SegmentFormat.Entry {
    let start = SegmentFormat.headerBytes + index * SegmentFormat.entryBytes
    return bytes.withUnsafeBytes { bytes in
      func load<Value: FixedWidthInteger>(_ offset: Int, _: Value.Type) -> Value {
        Value(littleEndian: bytes.loadUnaligned(fromByteOffset: start + offset, as: Value.self))
      }
      return SegmentFormat.Entry(
        publicEnd: load(0, UInt32.self), privateEnd: load(4, UInt32.self),
        pool: load(8, UInt32.self), kind: load(12, UInt32.self), type: load(16, UInt32.self),
        task: load(20, UInt64.self))
    }
  }

  /// Where the public forms of events `from` up to before `to` lie.
  func publicRange(_ from: Int, _ to: Int) -> Range<Int> {
    let start = from == 0 ? 0 : Int(entry(from - 1).publicEnd)
    let end = to == 0 ? 0 : Int(entry(to - 1).publicEnd)
    return (publicStart + start)..<(publicStart + max(start, end))
  }

  /// What the log says of one event.
  package func body(_ index: Int) throws(Damage) -> Event.Body {
    let start = privateStart + (index == 0 ? 0 : Int(entry(index - 1).privateEnd))
    let end = privateStart + Int(entry(index).privateEnd)
    guard start <= end, end <= bytes.count else { throw damaged(index) }
    let entry = entry(index)
    let body: Event.Body? = bytes.withUnsafeBytes { bytes in
      let bytes = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      if entry.task != 0 {
        return TaskEventCoding.event(bytes, of: entry).map(Event.Body.task)
      }
      return (try? LogAPI.Record(protobufBytes: bytes))?.value
    }
    guard let body else { throw damaged(index) }
    return body
  }

  private func damaged(_ index: Int) -> Damage {
    Damage(reason: "event \(firstRevision.advanced(by: index).rawValue) cannot be read")
  }

  /// All events, for replay.
  package func events() throws(Damage) -> [Event] {
    var events: [Event] = []
    events.reserveCapacity(count)
    for index in 0..<count {
      events.append(Event(revision: firstRevision.advanced(by: index), body: try body(index)))
    }
    return events
  }
}
