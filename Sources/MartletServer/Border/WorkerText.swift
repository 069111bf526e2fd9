import MartletCore

// How leases and workers are named on the wire: opaque to callers.

extension Lease: CustomStringConvertible {
  /// The task, the attempt and the epoch: `01jx….2.6b9a`.
  package var description: String {
    "\(task).\(attempt).\(String(epoch, radix: 36))"
  }

  /// nil if the text is not one that `description` writes.
  package init?(_ text: String) {
    let bytes = text.utf8
    guard bytes.count <= 48, let dot = bytes.firstIndex(of: UInt8(ascii: ".")),
      let task = TaskID(text[..<dot]), task.description.utf8.elementsEqual(bytes[..<dot])
    else { return nil }
    let rest = bytes[bytes.index(after: dot)...]
    guard let second = rest.firstIndex(of: UInt8(ascii: ".")),
      let attempt = Self.number(rest[..<second], radix: 10), attempt > 0,
      let attempt = UInt32(exactly: attempt),
      let epoch = Self.number(rest[rest.index(after: second)...], radix: 36)
    else { return nil }
    self.init(task: task, attempt: attempt, epoch: epoch)
  }

  /// nil unless it is written as `String(_:radix:)` does.
  private static func number(_ digits: Substring.UTF8View, radix: UInt64) -> UInt64? {
    if digits.isEmpty || digits.count > 1 && digits.first == UInt8(ascii: "0") { return nil }
    var value: UInt64 = 0
    for byte in digits {
      let digit: UInt64
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = UInt64(byte - UInt8(ascii: "a")) + 10
      default: return nil
      }
      let (shifted, overflows) = value.multipliedReportingOverflow(by: radix)
      let (sum, exceeds) = shifted.addingReportingOverflow(digit)
      if digit >= radix || overflows || exceeds { return nil }
      value = sum
    }
    return value
  }
}

extension WorkerID: CustomStringConvertible {
  package var description: String { "w" + String(rawValue, radix: 36) }

  /// nil if the text is not one that `description` writes.
  package init?(_ text: String) {
    guard text.utf8.count <= 14, text.hasPrefix("w"),
      let number = UInt64(text.dropFirst(), radix: 36)
    else { return nil }
    self.init(rawValue: number)
    guard description == text else { return nil }
  }
}
