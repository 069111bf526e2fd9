internal import MartletHTTP2

/// How messages are compressed on the wire: the values of `grpc-encoding` that are known here.
public enum MessageEncoding: String, Sendable, Hashable, CaseIterable {
  /// Not at all.
  case identity
  case gzip
}

/// What a peer said in `grpc-encoding`.
enum AnnouncedEncoding: UInt8 {
  /// Nothing: its messages are plain.
  case none
  case identity
  case gzip
  /// Something that is not known here.
  case unknown

  init(_ value: UnsafeRawBufferPointer) {
    if value.equals("identity") {
      self = .identity
    } else {
      self = value.equals("gzip") ? .gzip : .unknown
    }
  }
}

extension HeaderBlock {
  /// The peer lists gzip in `grpc-accept-encoding`.
  var acceptsGzip: Bool {
    var accepts = false
    visit { name, value in
      guard name.equals("grpc-accept-encoding") else { return }
      for item in value.split(separator: UInt8(ascii: ",")) {
        let trimmed = item.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let word = trimmed.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: ";") }
        if word.elementsEqual("gzip".utf8) { accepts = true }
      }
    }
    return accepts
  }
}
