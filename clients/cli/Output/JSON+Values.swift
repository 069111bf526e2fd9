internal import Foundation
internal import MartletClient

extension JSON {
  /// Like the JSON form of protobuf: RFC 3339 in UTC.
  init(_ time: WellKnown.Timestamp) { self = .string(time.rfc3339(digits: 9)) }

  /// Like the JSON form of protobuf: seconds with a fraction, `1.5s`.
  init(_ duration: WellKnown.Duration) {
    let fraction = String(abs(duration.nanos))
    let nine = String(repeating: "0", count: 9 - fraction.count) + fraction
    let digits = nine.reversed().drop { $0 == "0" }.reversed()
    let sign = duration.seconds < 0 || duration.nanos < 0 ? "-" : ""
    let point = digits.isEmpty ? "" : "."
    self = .string("\(sign)\(abs(duration.seconds))\(point)\(String(digits))s")
  }

  /// By key.
  init(_ labels: [String: String]) {
    self = .object(labels.sorted { $0.key < $1.key }.map { Field($0.key, .string($0.value)) })
  }
}

extension [JSON.Field] {
  /// Bytes as protobuf's JSON form has them, base 64; and as text too if they are text.
  mutating func add(_ key: String, bytes: [UInt8]) {
    add(key, Data(bytes).base64EncodedString())
    add("\(key)_text", String(validating: bytes, as: UTF8.self).map { .string($0) })
  }
}
