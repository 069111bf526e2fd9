internal import MartletHTTP2

/// Between header fields on the wire and `RPCMetadata`.
enum MetadataCoding {
  /// Fields that belong to HTTP/2 or gRPC and are not the application's.
  static func isReserved(_ name: some Collection<UInt8>) -> Bool {
    if name.first == UInt8(ascii: ":") || name.starts(with: "grpc-".utf8) { return true }
    return switch name.count {
    case 2: name.elementsEqual("te".utf8)
    case 12: name.elementsEqual("content-type".utf8)
    default: false
    }
  }

  /// The name ends in `-bin`: its values are bytes, in base64.
  @inline(__always)
  static func hasBinarySuffix(_ name: UnsafeRawBufferPointer) -> Bool {
    guard name.count > 4 else { return false }
    let suffix = name.loadUnaligned(fromByteOffset: name.count &- 4, as: UInt32.self)
    return UInt32(littleEndian: suffix) == 0x6E69_622D
  }

  /// The application's part of a received header block. Values under `-bin` keys that are not
  /// base64 are left out.
  static func decode(_ block: HeaderBlock) -> RPCMetadata {
    var metadata = RPCMetadata()
    block.visit { name, value in
      guard !isReserved(name) else { return }
      let key = String(decoding: name, as: UTF8.self)
      guard hasBinarySuffix(name) else {
        metadata.append(key, String(decoding: value, as: UTF8.self))
        return
      }
      for part in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
        if let bytes = Base64.decode(part) { metadata.append(key, bytes: bytes) }
      }
    }
    return metadata
  }

  /// The first value of an ASCII key.
  static func value(of key: StaticString, in block: HeaderBlock) -> String? {
    var found: String?
    key.withUTF8Buffer { key in
      block.visit { name, value in
        if found == nil, name.count == key.count, name.elementsEqual(key) {
          found = String(decoding: value, as: UTF8.self)
        }
      }
    }
    return found
  }

  /// Adds metadata to what is sent. What HTTP/2 would refuse (reserved or ill-formed keys, control
  /// characters in values) is left out rather than failing the call.
  static func encode(_ metadata: RPCMetadata, into list: inout HeaderList) {
    for entry in metadata.entries where isSendable(entry.key) {
      switch entry.value {
      case .ascii(let value):
        guard value.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else { continue }
        list.append(entry.key, value)
      case .binary(let bytes):
        guard entry.key.hasSuffix("-bin") else { continue }
        list.append(entry.key, bytes: Base64.encode(bytes))
      }
    }
  }

  /// HTTP/2 knows no such fields, or says itself what is in them.
  private static let hopByHop: Set<String> = [
    "connection", "content-length", "host", "keep-alive", "proxy-connection", "transfer-encoding",
    "upgrade",
  ]

  private static func isSendable(_ key: String) -> Bool {
    !key.isEmpty && !isReserved(key.utf8) && !hopByHop.contains(key)
      && key.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }
}

/// Base64 as gRPC wants it: written without padding, read with or without.
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 4 + 2) / 3)
    var pending: UInt32 = 0
    var bits = 0
    for byte in bytes {
      pending = pending << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(alphabet[Int(pending >> UInt32(bits) & 63)])
      }
      pending &= 0xFF
    }
    if bits > 0 { text.append(alphabet[Int(pending << UInt32(6 - bits) & 63)]) }
    return text
  }

  /// Nil when the text is not base64.
  static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    var digits = text.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    while digits.last == UInt8(ascii: "=") { digits.removeLast() }
    guard digits.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count * 3 / 4)
    var pending: UInt32 = 0
    var bits = 0
    for digit in digits {
      guard let value = value(of: digit) else { return nil }
      pending = (pending << 6 | value) & 0xFFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
      }
    }
    return bytes
  }

  /// One or more values in base64, separated by commas.
  static func isList(_ text: UnsafeRawBufferPointer) -> Bool {
    var digits = 0
    var isPadded = false
    for byte in text {
      switch byte {
      case UInt8(ascii: ","):
        guard digits % 4 != 1 else { return false }
        digits = 0
        isPadded = false
      case UInt8(ascii: "="):
        isPadded = true
      case UInt8(ascii: " "), UInt8(ascii: "\t"):
        break
      default:
        guard !isPadded, value(of: byte) != nil else { return false }
        digits += 1
      }
    }
    return digits % 4 != 1
  }

  private static func value(of digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a") + 26)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0") + 52)
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
