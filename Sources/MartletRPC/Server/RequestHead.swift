internal import MartletHTTP2

/// What a request's header block says to the runtime, found in one pass over its bytes. Holds no
/// references.
struct RequestHead {
  private(set) var isPost = false
  private(set) var isGRPC = false
  private(set) var isProtoSubtype = false
  private(set) var method: Unmanaged<ServerMethod>?
  private(set) var hasTimeout = false
  private(set) var hasMalformedTimeout = false
  /// Nanoseconds.
  private(set) var timeout: UInt64 = 0
  private(set) var encoding = AnnouncedEncoding.none
  /// A `-bin` field is not base64.
  private(set) var hasMalformedBytes = false

  init(_ headers: HeaderBlock, methods: MethodTable) {
    headers.visit { name, value in
      switch name.count {
      case 5 where name.equals(":path"):
        method = methods.find(value)
      case 7 where name.equals(":method"):
        isPost = value.equals("POST")
      case 12:
        if name.equals("content-type") {
          isGRPC = WireHeaders.isGRPC(contentType: value)
          isProtoSubtype = value.starts(with: "application/grpc+proto")
        } else if name.equals("grpc-timeout") {
          hasTimeout = true
          guard let nanoseconds = GRPCTimeout.parse(value) else {
            hasMalformedTimeout = true
            return
          }
          timeout = nanoseconds
        } else {
          checkBytes(name, value)
        }
      case 13 where name.equals("grpc-encoding"):
        encoding = AnnouncedEncoding(value)
      default:
        checkBytes(name, value)
      }
    }
  }

  @inline(__always)
  private mutating func checkBytes(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) {
    guard MetadataCoding.hasBinarySuffix(name) else { return }
    if !Base64.isList(value) { hasMalformedBytes = true }
  }

  /// The path as text, for messages.
  static func path(in headers: HeaderBlock) -> String {
    var path = ""
    headers.visit { name, value in
      if name.equals(":path") { path = String(decoding: value, as: UTF8.self) }
    }
    return path
  }
}
