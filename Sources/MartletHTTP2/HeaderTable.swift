internal import CNGHTTP2

/// Header fields that never change, kept in static memory: sent without copying a name or a value.
/// `@unchecked Sendable`: nothing changes after `init`.
package struct StaticHeaderTable: @unchecked Sendable {
  let fields: UnsafeMutablePointer<nghttp2_nv>
  let count: Int

  /// The table is never freed: make it a global.
  package init(_ pairs: [(name: StaticString, value: StaticString)]) {
    count = pairs.count
    fields = .allocate(capacity: max(1, pairs.count))
    let flags = UInt8(
      NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
    for (index, pair) in pairs.enumerated() {
      (fields + index).initialize(
        to: nghttp2_nv(
          name: UnsafeMutablePointer(mutating: pair.name.utf8Start),
          value: UnsafeMutablePointer(mutating: pair.value.utf8Start),
          namelen: pair.name.utf8CodeUnitCount, valuelen: pair.value.utf8CodeUnitCount,
          flags: flags))
    }
  }
}

/// Header fields to send, built at run time. A value: the names and values are copied when they are
/// submitted.
package struct HeaderList: Sendable {
  private struct Field {
    var nameStart: Int
    var valueStart: Int
    var end: Int
  }

  private var bytes: [UInt8] = []
  private var fields: [Field] = []

  package init() {}

  package init(_ pairs: [(String, String)]) {
    for (name, value) in pairs { append(name, value) }
  }

  package var count: Int { fields.count }

  /// The size as HTTP/2 counts it: name + value + 32 for each field.
  package var listSize: Int { bytes.count + 32 * fields.count }

  package mutating func append(_ name: String, _ value: String) {
    let nameStart = bytes.count
    bytes.append(contentsOf: name.utf8)
    let valueStart = bytes.count
    bytes.append(contentsOf: value.utf8)
    fields.append(Field(nameStart: nameStart, valueStart: valueStart, end: bytes.count))
  }

  package mutating func append(_ name: String, bytes value: some Sequence<UInt8>) {
    let nameStart = bytes.count
    bytes.append(contentsOf: name.utf8)
    let valueStart = bytes.count
    bytes.append(contentsOf: value)
    fields.append(Field(nameStart: nameStart, valueStart: valueStart, end: bytes.count))
  }

  /// Hands the fields, and then those of `extra`, to C; the pointers are valid during the call
  /// only.
  func withFields<Result>(
    adding extra: HeaderList? = nil, _ body: (UnsafeMutablePointer<nghttp2_nv>?, Int) -> Result
  ) -> Result {
    let capacity = fields.count + (extra?.fields.count ?? 0) + 1
    return withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: capacity) { table in
      bytes.withUnsafeBufferPointer { storage in
        let filled = Self.fill(table, from: 0, fields, storage)
        guard let extra else { return body(table.baseAddress, filled) }
        return extra.bytes.withUnsafeBufferPointer { storage in
          body(table.baseAddress, Self.fill(table, from: filled, extra.fields, storage))
        }
      }
    }
  }

  private static func fill(
    _ table: UnsafeMutableBufferPointer<nghttp2_nv>, from start: Int, _ fields: [Field],
    _ storage: UnsafeBufferPointer<UInt8>
  ) -> Int {
    guard let bytes = storage.baseAddress.map({ UnsafeMutablePointer(mutating: $0) }) else {
      return start
    }
    var filled = start
    for field in fields {
      table.initializeElement(
        at: filled,
        to: nghttp2_nv(
          name: bytes + field.nameStart, value: bytes + field.valueStart,
          namelen: field.valueStart - field.nameStart, valuelen: field.end - field.valueStart,
          flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
      filled += 1
    }
    return filled
  }
}

/// Either kind of header fields to send.
package enum HeaderFields: Sendable {
  case table(StaticHeaderTable)
  case list(HeaderList)

  func withFields<Result>(_ body: (UnsafeMutablePointer<nghttp2_nv>?, Int) -> Result) -> Result {
    switch self {
    case .table(let table): body(table.fields, table.count)
    case .list(let list): list.withFields(body)
    }
  }
}
