internal import MartletHTTP2

/// The fixed header fields of gRPC, and the making of the variable ones.
enum WireHeaders {
  static let response = StaticHeaderTable([
    (":status", "200"), ("content-type", "application/grpc"),
  ])
  static let responseProto = StaticHeaderTable([
    (":status", "200"), ("content-type", "application/grpc+proto"),
  ])
  static let okTrailers = StaticHeaderTable([("grpc-status", "0")])
  static let unsupportedMediaType = StaticHeaderTable([
    (":status", "415"), ("grpc-status", "3"),
    ("grpc-message", "content-type must begin with application/grpc"),
  ])
  static let methodNotAllowed = StaticHeaderTable([
    (":status", "405"), ("allow", "POST"), ("grpc-status", "13"),
    ("grpc-message", "gRPC calls use POST"),
  ])

  /// The value of `grpc-accept-encoding`.
  static let acceptedEncodings = "identity,gzip"

  /// Largest size of the trailers that carry a status; details that would not fit are left out.
  static let trailersBytesMax = 8 << 10

  /// The fields that carry a status: code, message, details, metadata.
  static func append(_ status: RPCStatus, metadata: RPCMetadata, to list: inout HeaderList) {
    list.append("grpc-status", String(status.code.rawValue))
    if !status.message.isEmpty {
      list.append(
        "grpc-message", bytes: PercentCoding.encode(status.message, limit: trailersBytesMax / 2))
    }
    MetadataCoding.encode(metadata, into: &list)
    MetadataCoding.encode(status.metadata, into: &list)
    if !status.details.isEmpty, list.listSize + status.details.count * 4 / 3 <= trailersBytesMax {
      list.append("grpc-status-details-bin", bytes: Base64.encode(status.details))
    }
  }

  /// `application/grpc`, alone or followed by `+…` or `;…`.
  static func isGRPC(contentType: UnsafeRawBufferPointer) -> Bool {
    let name: StaticString = "application/grpc"
    guard contentType.starts(with: name) else { return false }
    guard contentType.count > name.utf8CodeUnitCount else { return true }
    let next = contentType[name.utf8CodeUnitCount]
    return next == UInt8(ascii: "+") || next == UInt8(ascii: ";")
  }
}

extension UnsafeRawBufferPointer {
  /// Equal bytes; no Swift string is made.
  @inline(__always)
  func equals(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && starts(with: text)
  }

  @inline(__always)
  func starts(with text: StaticString) -> Bool {
    let other = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    return count >= other.count && equalBytes(self, other, other.count)
  }
}

/// The first `count` bytes of two buffers are the same; both have that many.
@inline(__always)
func equalBytes(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer, _ count: Int)
  -> Bool
{
  guard count > 0, let first = one.baseAddress, let second = other.baseAddress else { return true }
  var offset = 0
  while offset &+ 8 <= count {
    if first.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      != second.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    {
      return false
    }
    offset &+= 8
  }
  while offset < count {
    if first.load(fromByteOffset: offset, as: UInt8.self)
      != second.load(fromByteOffset: offset, as: UInt8.self)
    {
      return false
    }
    offset &+= 1
  }
  return true
}
