/// Header or trailer fields of a call: ordered, keys may repeat. Keys are lower-case; a key that
/// ends in `-bin` has bytes as its value, any other key printable ASCII.
public struct RPCMetadata: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  public enum Content: Sendable, Equatable {
    case ascii(String)
    case binary([UInt8])
  }

  public struct Entry: Sendable, Equatable {
    public var key: String
    public var value: Content
  }

  public typealias Key = String
  public typealias Value = String

  public private(set) var entries: [Entry] = []

  public init() {}

  public init(dictionaryLiteral elements: (String, String)...) {
    for (key, value) in elements { append(key, value) }
  }

  public var isEmpty: Bool { entries.isEmpty }
  public var count: Int { entries.count }

  /// Adds a text value. Under a `-bin` key its UTF-8 bytes become the value.
  public mutating func append(_ key: String, _ value: String) {
    let key = key.lowercased()
    entries.append(
      Entry(key: key, value: key.hasSuffix("-bin") ? .binary(Array(value.utf8)) : .ascii(value)))
  }

  /// Adds bytes; the key should end in `-bin`.
  public mutating func append(_ key: String, bytes: [UInt8]) {
    entries.append(Entry(key: key.lowercased(), value: .binary(bytes)))
  }

  public mutating func append(contentsOf other: RPCMetadata) {
    entries.append(contentsOf: other.entries)
  }

  /// The first text value under a key.
  public subscript(_ key: String) -> String? { strings(for: key).first }

  /// All text values under a key, in order.
  public func strings(for key: String) -> [String] {
    entries.compactMap { entry in
      if entry.key == key, case .ascii(let value) = entry.value { value } else { nil }
    }
  }

  /// All byte values under a key, in order.
  public func bytes(for key: String) -> [[UInt8]] {
    entries.compactMap { entry in
      if entry.key == key, case .binary(let value) = entry.value { value } else { nil }
    }
  }
}
