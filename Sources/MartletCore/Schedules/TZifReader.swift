extension TimeZoneRules {
  /// Why bytes are not the rules of a zone.
  package struct Damage: Error, Hashable, Sendable {
    package var reason: String
  }

  /// Reads a file of the system's zones (TZif, RFC 8536, versions 1 to 4).
  ///
  /// - Parameter version: Of the data, as its folder says.
  package init(name: String, tzif bytes: [UInt8], version: String) throws(Damage) {
    var reader = TZifReader(rest: bytes[...])
    var header = try reader.header()
    if header.version >= 2 {
      // The first part is for readers that know times of 32 bits only.
      try reader.skip(header.byteCount(timeBytes: 4))
      header = try reader.header()
      self = try reader.rules(header, timeBytes: 8, name: name, version: version)
    } else {
      self = try reader.rules(header, timeBytes: 4, name: name, version: version)
    }
  }
}

private struct TZifReader {
  typealias Damage = TimeZoneRules.Damage

  struct Header {
    /// 1 for the oldest.
    var version: Int
    var utcMarks: Int
    var standardMarks: Int
    var leapSeconds: Int
    var times: Int
    var types: Int
    var nameBytes: Int

    func byteCount(timeBytes: Int) -> Int {
      times * (timeBytes + 1) + types * 6 + nameBytes + leapSeconds * (timeBytes + 4)
        + standardMarks + utcMarks
    }
  }

  var rest: ArraySlice<UInt8>

  mutating func skip(_ count: Int) throws(Damage) { _ = try take(count) }

  private mutating func take(_ count: Int) throws(Damage) -> ArraySlice<UInt8> {
    guard count <= rest.count else { throw Damage(reason: "it ends too early") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private mutating func integer(_ count: Int) throws(Damage) -> Int64 {
    var value: UInt64 = 0
    for byte in try take(count) { value = value << 8 | UInt64(byte) }
    return count == 8 ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
  }

  private mutating func count(_ range: ClosedRange<Int64>) throws(Damage) -> Int {
    let value = try integer(4)
    guard range.contains(value) else { throw Damage(reason: "a count of it makes no sense") }
    return Int(value)
  }

  mutating func header() throws(Damage) -> Header {
    guard try take(4).elementsEqual("TZif".utf8) else {
      throw Damage(reason: "it is not of the form TZif")
    }
    let version = try take(1).first ?? 0
    try skip(15)
    let isFirst = version == 0
    return Header(
      version: isFirst ? 1 : Int(version) - 0x30, utcMarks: try count(0...256),
      standardMarks: try count(0...256), leapSeconds: try count(0...10_000),
      times: try count(0...100_000), types: try count(1...256), nameBytes: try count(1...65_536))
  }

  mutating func rules(
    _ header: Header, timeBytes: Int, name: String, version: String
  ) throws(Damage) -> TimeZoneRules {
    if header.leapSeconds > 0 { throw Damage(reason: "it counts leap seconds") }
    var times: [Int64] = []
    for _ in 0..<header.times { times.append(try integer(timeBytes)) }
    let kinds = try take(header.times).map(Int.init)
    var types: [Int64] = []
    for _ in 0..<header.types {
      types.append(try integer(4))
      try skip(2)
    }
    try skip(header.nameBytes + header.standardMarks + header.utcMarks)
    guard kinds.allSatisfy(types.indices.contains),
      types.allSatisfy({ abs($0) < 93_600 }), zip(times, times.dropFirst()).allSatisfy(<)
    else { throw Damage(reason: "its changes make no sense") }
    var (changes, offsets): ([Int64], [Int64]) = ([], [types[0]])
    for (time, kind) in zip(times, kinds) where types[kind] != offsets[offsets.count - 1] {
      changes.append(time)
      offsets.append(types[kind])
    }
    return TimeZoneRules(
      name: name, version: version, changes: changes, offsets: offsets,
      rule: timeBytes == 8 ? try footer() : nil)
  }

  /// The rule for the time after the last change, between two line feeds; empty: nothing changes.
  private mutating func footer() throws(Damage) -> PosixZoneRule? {
    guard try take(1).first == 0x0A, let end = rest.firstIndex(of: 0x0A) else {
      throw Damage(reason: "its last line is missing")
    }
    let text = String(decoding: rest[..<end], as: UTF8.self)
    if text.isEmpty { return nil }
    guard let rule = PosixZoneRule(parsing: text) else {
      throw Damage(reason: "its last line makes no sense: `\(text)`")
    }
    return rule
  }
}
