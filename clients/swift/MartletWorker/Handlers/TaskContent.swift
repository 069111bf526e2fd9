/// Bytes with their media type: what a handler gives back, and what checkpoints hold.
public struct TaskContent: Sendable, Equatable {
  /// At most 1 MiB.
  public var data: [UInt8]
  /// Such as `application/json`; at most 127 bytes, may be empty.
  public var contentType: String

  public init(_ data: [UInt8] = [], contentType: String = "") {
    self.data = data
    self.contentType = contentType
  }

  /// Text in UTF-8.
  public init(text: String) {
    self.init(Array(text.utf8), contentType: "text/plain; charset=utf-8")
  }

  /// The bytes as text; what is not UTF-8 in them is replaced.
  public var text: String { String(decoding: data, as: UTF8.self) }
}
