import MartletAPI
package import MartletCore
import MartletProtobuf
package import MartletStore

/// Writes a commit in the form in which it is logged and read by subscribers: encoded once, whoever
/// reads it.
package struct SegmentEncoder {
  private var publicPart: [UInt8] = []
  private var privatePart: [UInt8] = []
  private var entries: [UInt8] = []

  /// Events added since the last `finish`.
  package private(set) var count = 0

  package init() {}

  /// Adds the events of an open segment that were not yet added, so that the work is done when the
  /// segment is sealed. `catalog` must be that of right after the last of them.
  package mutating func add(_ events: ArraySlice<Event>, at stamp: Stamp, catalog: Catalog) {
    for event in events { add(event, at: stamp, catalog: catalog) }
    count += events.count
  }

  /// The segment whose events were all added.
  package mutating func finish(_ segment: SealedSegment) -> StoredSegment {
    defer {
      publicPart.removeAll(keepingCapacity: true)
      privatePart.removeAll(keepingCapacity: true)
      entries.removeAll(keepingCapacity: true)
      count = 0
    }
    return StoredSegment(
      firstRevision: segment.firstRevision, count: segment.events.count,
      elapsed: segment.stamp.elapsed, feedTime: segment.stamp.time, bytes: assemble(segment))
  }

  /// `catalog` must be that of right after the segment's last event.
  package mutating func encode(_ segment: SealedSegment, catalog: Catalog) -> StoredSegment {
    add(segment.events[...], at: segment.stamp, catalog: catalog)
    return finish(segment)
  }

  private mutating func add(_ event: Event, at stamp: Stamp, catalog: Catalog) {
    let message = API.Event(event, at: stamp, catalog: catalog)
    message.withEncodedBytes { bytes in
      publicPart.append(SegmentFormat.eventTag)
      publicPart.appendVarint(bytes.count)
      publicPart.append(contentsOf: bytes)
    }
    if case .task(let change) = event.body {
      TaskEventCoding.append(change, to: &privatePart)
    } else {
      LogAPI.Record(event.body)?.appendProtobufBytes(to: &privatePart)
    }
    entries.appendInteger(UInt32(publicPart.count))
    entries.appendInteger(UInt32(privatePart.count))
    entries.appendInteger(event.body.pool?.rawValue ?? 0)
    entries.appendInteger(event.body.kind?.rawValue ?? .max)
    entries.appendInteger(UInt32(bitPattern: message.type.rawValue))
    entries.appendInteger(event.body.task?.rawValue ?? 0)
  }

  private func assemble(_ segment: SealedSegment) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(
      SegmentFormat.headerBytes + entries.count + publicPart.count + privatePart.count)
    bytes.appendInteger(SegmentFormat.magic)
    bytes.appendInteger(SegmentFormat.version)
    bytes.appendInteger(segment.firstRevision.rawValue)
    bytes.appendInteger(UInt32(segment.events.count))
    bytes.appendInteger(segment.stamp.elapsed.nanoseconds)
    bytes.appendInteger(segment.stamp.time.nanoseconds)
    bytes.appendInteger(UInt32(publicPart.count))
    bytes.appendInteger(UInt32(0))
    bytes.append(contentsOf: repeatElement(0, count: SegmentFormat.headerBytes - bytes.count))
    bytes.append(contentsOf: entries)
    bytes.append(contentsOf: publicPart)
    bytes.append(contentsOf: privatePart)
    let checksum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
    for place in 0..<4 {
      bytes[SegmentFormat.crcOffset + place] = UInt8(
        truncatingIfNeeded: checksum >> (8 * UInt32(place)))
    }
    return bytes
  }
}

extension Event.Body {
  var task: TaskID? {
    if case .task(let event) = self { event.task } else { nil }
  }

  var kind: KindID? {
    if case .task(let event) = self { event.kind } else { nil }
  }

  var pool: PoolID? {
    switch self {
    case .task(let event): event.pool
    case .pool(let event): event.pool
    case .tasksPurged, .eventsPurged, .bulk, .workflow, .group, .schedule, .lock, .limit: nil
    }
  }
}
