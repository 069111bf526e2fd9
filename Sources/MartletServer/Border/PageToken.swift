import MartletCore
import MartletStore

/// Where a list goes on: opaque to callers, and good only for the list that it came from.
struct PageToken: Hashable, Sendable {
  /// The last item of the page before, in the list's own form.
  var position: [UInt8]
  /// The state that the first page was read from.
  var first: Revision
  /// Of everything in the request that must stay the same from page to page.
  var listHash: UInt64

  private static let prefix = "p1"
  /// Revision, hash of the list, checksum.
  private static let fixedBytes = 24
  private static let positionBytesMax = 256

  /// Hexadecimal: position, revision, hash, and a checksum over these.
  var text: String {
    var bytes = position
    bytes.append(bigEndian: first.rawValue)
    bytes.append(bigEndian: listHash)
    bytes.append(bigEndian: Self.checksum(bytes))
    return Self.prefix + bytes.hexadecimal
  }

  /// nil for anything that `text` did not make, or that was made for another list.
  init?(parsing text: String, listHash: UInt64) {
    guard text.hasPrefix(Self.prefix),
      text.utf8.count <= 2 + 2 * (Self.positionBytesMax + Self.fixedBytes),
      let bytes = [UInt8](hexadecimal: text.utf8.dropFirst(Self.prefix.utf8.count)),
      bytes.count >= Self.fixedBytes
    else { return nil }
    let end = bytes.count - Self.fixedBytes
    guard UInt64(bigEndian: bytes[(end + 16)...]) == Self.checksum(Array(bytes[..<(end + 16)])),
      UInt64(bigEndian: bytes[(end + 8)..<(end + 16)]) == listHash
    else { return nil }
    position = Array(bytes[..<end])
    first = Revision(UInt64(bigEndian: bytes[end..<(end + 8)]))
    self.listHash = listHash
  }

  init(position: [UInt8], first: Revision, listHash: UInt64) {
    self.position = position
    self.first = first
    self.listHash = listHash
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt64 {
    StableHash.of(bytes, seed: 0x7061_6765_746F_6B31)
  }
}

// MARK: - Positions

extension TaskQuery.Position {
  var tokenBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(bigEndian: id.rawValue)
    if let finishTime { bytes.append(bigEndian: UInt64(bitPattern: finishTime.nanoseconds)) }
    return bytes
  }

  /// nil if the bytes are no position in such an order.
  init?(tokenBytes bytes: [UInt8], byFinishTime: Bool) {
    guard bytes.count == (byFinishTime ? 16 : 8) else { return nil }
    let time = byFinishTime ? Int64(bitPattern: UInt64(bigEndian: bytes[8...])) : nil
    self.init(
      finishTime: time.map(WallTime.init(nanoseconds:)),
      id: TaskID(rawValue: UInt64(bigEndian: bytes[..<8])))
  }
}

// MARK: - Bytes

extension [UInt8] {
  fileprivate mutating func append(bigEndian value: UInt64) {
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  fileprivate var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// nil unless it is whole bytes in lower-case digits.
  fileprivate init?(hexadecimal text: some Collection<UInt8>) {
    guard text.count.isMultiple(of: 2) else { return nil }
    self = []
    reserveCapacity(text.count / 2)
    var high: UInt8?
    for digit in text {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      default: return nil
      }
      if let first = high {
        append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
  }
}

extension UInt64 {
  fileprivate init(bigEndian bytes: ArraySlice<UInt8>) {
    self = bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
