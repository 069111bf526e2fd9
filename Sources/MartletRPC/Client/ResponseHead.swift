internal import MartletHTTP2

/// What a response's header block or its trailers say to the runtime, found in one pass over the
/// bytes.
struct ResponseHead {
  private(set) var httpStatus = 0
  private(set) var isGRPC = false
  private(set) var hasStatus = false
  private(set) var encoding = AnnouncedEncoding.none
  /// There is something for the application.
  private(set) var hasMetadata = false
  private var code = 0

  init(_ block: HeaderBlock) {
    block.visit { name, value in
      switch name.count {
      case 7 where name.equals(":status"):
        httpStatus = Self.number(value) ?? 0
      case 11 where name.equals("grpc-status"):
        hasStatus = true
        code = Self.number(value) ?? StatusCode.unknown.rawValue
      case 12 where name.equals("content-type"):
        isGRPC = WireHeaders.isGRPC(contentType: value)
      case 13 where name.equals("grpc-encoding"):
        encoding = AnnouncedEncoding(value)
      default:
        if !MetadataCoding.isReserved(name) { hasMetadata = true }
      }
    }
  }

  /// The status, if there is one and it is not OK.
  func status(in block: HeaderBlock) -> RPCStatus? {
    guard hasStatus, code != 0 else { return nil }
    var status = RPCStatus(code: StatusCode(rawValue: code), message: "")
    block.visit { name, value in
      if name.equals("grpc-message") {
        status.message = PercentCoding.decode(value)
      } else if name.equals("grpc-status-details-bin") {
        status.details = Base64.decode(value) ?? []
      }
    }
    if hasMetadata { status.metadata = MetadataCoding.decode(block) }
    return status
  }

  private static func number(_ text: UnsafeRawBufferPointer) -> Int? {
    guard 1...9 ~= text.count else { return nil }
    var number = 0
    for digit in text {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
      number = number * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return number
  }
}
