/// Header or trailer fields of a call: ordered, keys may repeat. Keys are lower-case; a key that
/// ends in `-bin` has bytes as its value, any other key printable ASCII.
public struct RPCMetadata: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// A value: text, or bytes under a key that ends in `-bin`.
  public enum Content: Sendable, Equatable {
    case ascii(String)
    case binary([UInt8])
  }

  /// One key with one of its values.
  public struct Entry: Sendable, Equatable {
    /// In lower case.
    public var key: String
    /// What stands under the key.
    public var value: Content
  }

  public typealias Key = String
  public typealias Value = String

  /// In the order in which they were added or received; a key may come more than once.
  public private(set) var entries: [Entry] = []

  public init() {}

  public init(dictionaryLiteral elements: (String, String)...) {
    for (key, value) in elements { append(key, value) }
  }

  /// Whether there are no entries.
  public var isEmpty: Bool { entries.isEmpty }
  /// How many entries there are, a key that comes twice counted twice.
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

  /// Adds all entries of another, behind those that are there.
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
