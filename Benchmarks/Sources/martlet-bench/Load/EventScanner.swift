/// Reads the revisions of a WatchEventsResponse from its bytes and checks their order, at a small
/// part of the cost of decoding events.
struct EventScanner {
  enum Order {
    /// Every revision follows the one before: nothing is missing.
    case gapless
    /// Revisions rise; a filter leaves some out.
    case rising
  }

  let order: Order
  /// Of the newest event.
  private(set) var revision: UInt64
  private(set) var eventCount = 0

  private static let eventsTag: UInt8 = 0x0A
  private static let cursorTag: UInt8 = 0x12
  private static let revisionTag: UInt8 = 0x08

  /// - Parameter revision: Of the event before the first one.
  init(_ order: Order, after revision: UInt64) {
    self.order = order
    self.revision = revision
  }

  mutating func scan(_ message: [UInt8]) throws {
    let bytes = message.span
    var place = 0
    while place < bytes.count {
      let tag = bytes[place]
      place += 1
      let length = Int(truncatingIfNeeded: try Self.varint(bytes, &place))
      let end = place + length
      guard length >= 0, end <= bytes.count else { throw Self.malformed }
      switch tag {
      case Self.eventsTag:
        guard length > 1, bytes[place] == Self.revisionTag else { throw Self.malformed }
        place += 1
        try follow(Self.varint(bytes, &place))
      case Self.cursorTag: break
      default: throw Self.malformed
      }
      place = end
    }
  }

  private mutating func follow(_ next: UInt64) throws {
    switch order {
    case .gapless:
      guard next == revision + 1 else {
        throw BenchProblem("the feed has event \(next) after event \(revision)")
      }
    case .rising:
      guard next > revision else {
        throw BenchProblem("the feed has event \(next) after event \(revision)")
      }
    }
    revision = next
    eventCount += 1
  }

  private static let malformed = BenchProblem("the feed sent bytes that are no events")

  private static func varint(_ bytes: Span<UInt8>, _ place: inout Int) throws -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while place < bytes.count, shift < 64 {
      let byte = bytes[place]
      place += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw malformed
  }
}
