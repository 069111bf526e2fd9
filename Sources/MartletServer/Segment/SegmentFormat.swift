import MartletCore

/// How a segment lies in bytes; all numbers little endian.
///
///     header   magic "MSEG", version, first revision, count, elapsed, feed time,
///              length of the public part, CRC-32C of the segment with this field as 0
///     entries  one an event: where its public and its private part end, pool, kind, type, task
///     public   each event as field 1 of martlet.v1.WatchEventsResponse, tag and length included:
///              what subscribers get is cut out of it
///     private  each event as the server reads it again: those of a task as TaskEventCoding says,
///              the others as martlet.log.v1.Record
enum SegmentFormat {
  static let magic: UInt32 = 0x4745_534D
  static let version: UInt32 = 2
  static let headerBytes = 48
  static let entryBytes = 28
  static let crcOffset = 44

  /// The tag of `WatchEventsResponse.events`.
  static let eventTag: UInt8 = 0x0A

  struct Entry {
    var publicEnd: UInt32
    var privateEnd: UInt32
    var pool: UInt32
    var kind: UInt32
    var type: UInt32
    var task: UInt64
  }
}

extension [UInt8] {
  mutating func appendInteger<Value: FixedWidthInteger>(_ value: Value) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  mutating func appendVarint(_ value: Int) {
    var rest = UInt64(truncatingIfNeeded: value)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }
}
