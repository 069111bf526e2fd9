import MartletAPI
import MartletCore

/// Goes through one request and collects everything that is wrong with it; nothing is decided
/// until `conclude`. What the checks return for a wrong value is a placeholder that `conclude`
/// keeps from being used.
struct RequestCheck {
  let limits: Limits
  private(set) var violations: [FieldViolation] = []
  private var omitted = 0
  private var textBytes = 0

  /// More does not fit into the trailers that every gRPC client accepts (8 KiB, in base64).
  static let textBytesMax = 4_000

  init(limits: Limits) { self.limits = limits }

  mutating func fail(
    _ path: FieldPath, _ field: StaticString, _ description: String,
    reason: FieldViolation.Reason = .field
  ) {
    fail(path, field, .whole, description, reason: reason)
  }

  mutating func fail(
    _ path: FieldPath, _ field: StaticString, _ element: FieldPath.Element,
    _ description: String, reason: FieldViolation.Reason = .field
  ) {
    // Counting goes on, but a batch of ten thousand wrong tasks must not become as many texts.
    guard omitted == 0 else {
      omitted += 1
      return
    }
    add(
      FieldViolation(
        field: path.text(field, element), description: description, reason: reason))
  }

  mutating func fail(_ violation: FieldViolation) {
    guard omitted == 0 else {
      omitted += 1
      return
    }
    add(violation)
  }

  private mutating func add(_ violation: FieldViolation) {
    let bytes = violation.field.utf8.count + violation.description.utf8.count + 8
    guard textBytes + bytes <= Self.textBytesMax || violations.isEmpty else {
      omitted = 1
      return
    }
    textBytes += bytes
    violations.append(violation)
  }

  func conclude() throws(InvalidRequest) {
    guard violations.isEmpty else {
      throw InvalidRequest(violations: violations, omitted: omitted)
    }
  }
}

// MARK: - Texts

extension RequestCheck {
  /// UTF-8 is checked by the decoder; what is left is length and the one byte that C ends at.
  mutating func text(
    _ value: String, bytesMax: Int, _ path: FieldPath, _ field: StaticString,
    _ element: FieldPath.Element = .whole
  ) {
    let count = value.utf8.count
    if count == 0 { return }
    if count > bytesMax {
      fail(path, field, element, "must be at most \(bytesMax) bytes, not \(count)")
    }
    if value.utf8.contains(0) { fail(path, field, element, "must not contain a NUL byte") }
  }

  mutating func poolName(_ name: String, _ field: StaticString) {
    if !NameRule.isPool(name) {
      fail(.request, field, "must be the name of a pool: \(NameRule.poolText)")
    }
  }

  mutating func reason(_ text: String) {
    self.text(text, bytesMax: 1_024, .request, "reason")
  }

  mutating func taskID(
    _ text: String, _ field: StaticString, _ element: FieldPath.Element = .whole
  ) -> TaskID {
    guard let id = TaskID(text) else {
      fail(.request, field, element, "must be a task id: 13 characters of Crockford base 32")
      return TaskID(rawValue: 0)
    }
    return id
  }

  /// nil if the text is empty.
  mutating func cursor(_ text: String, _ field: StaticString) -> Revision? {
    if text.isEmpty { return nil }
    guard let cursor = Cursor(parsing: text) else {
      fail(.request, field, "must be empty or a cursor that this server returned")
      return nil
    }
    return cursor.revision
  }

  mutating func labels(
    _ labels: [String: String], _ path: FieldPath, _ field: StaticString = "labels"
  ) -> LabelSet {
    if labels.isEmpty { return .none }
    if labels.count > 32 { fail(path, field, "must be at most 32, not \(labels.count)") }
    let set = LabelSet(labels)
    for label in set.labels {
      if label.key.isEmpty { fail(path, field, .key(""), "must have a key of 1 to 63 bytes") }
      if label.key.utf8.count > 63 || label.key.utf8.contains(0) {
        fail(path, field, .key(label.key), "must have a key of 1 to 63 bytes without NUL")
      }
      text(label.value, bytesMax: 255, path, field, .key(label.key))
    }
    return set
  }
}

// MARK: - Numbers and enums

extension RequestCheck {
  mutating func number(
    _ value: Int32, in range: ClosedRange<Int32>, _ path: FieldPath, _ field: StaticString
  ) -> Int {
    if !range.contains(value) {
      let low = grouped(range.lowerBound)
      fail(path, field, "must be \(low) to \(grouped(range.upperBound)), not \(value)")
    }
    return Int(value)
  }

  /// Refuses what is not a number at all, too.
  mutating func share(
    _ value: Double, in range: ClosedRange<Double>, _ path: FieldPath, _ field: StaticString
  ) -> Double {
    if !range.contains(value) {
      fail(path, field, "must be \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
    return value
  }

  mutating func pageSize(_ value: Int32) -> Int {
    if value == 0 { return 50 }
    if !(1...1_000).contains(value) {
      fail(.request, "page_size", "must be 1 to 1,000, or 0 for 50, not \(value)")
    }
    return Int(value)
  }

  /// True for FULL.
  mutating func isFull(_ view: API.TaskView) -> Bool {
    switch view {
    case .unspecified, .basic: return false
    case .full: return true
    case .unrecognized(let number):
      fail(
        .request, "view", "must be TASK_VIEW_BASIC or TASK_VIEW_FULL; \(number) is not known here")
      return false
    }
  }

  private func grouped(_ number: some BinaryInteger) -> String {
    var digits = "\(number)"
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
      place -= 3
    }
    return digits
  }
}

// MARK: - Times

extension RequestCheck {
  /// 2262-01-01T00:00:00Z: later moments do not fit into nanoseconds since 1970.
  private static let secondsEnd: Int64 = 9_214_646_400

  mutating func span(
    _ value: WellKnown.Duration, in range: ClosedRange<Span>, _ allowed: String, _ path: FieldPath,
    _ field: StaticString, _ element: FieldPath.Element = .whole
  ) -> Span {
    let nanos = Int64(value.nanos)
    guard abs(nanos) < 1_000_000_000,
      value.seconds == 0 || nanos == 0 || (value.seconds < 0) == (nanos < 0)
    else {
      fail(
        path, field, element,
        "must be a valid duration: nanos within a second, of the sign of seconds")
      return range.lowerBound
    }
    let (whole, overflow) = value.seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflows) = whole.addingReportingOverflow(nanos)
    guard !overflow, !overflows, range.contains(Span(nanoseconds: sum)) else {
      fail(path, field, element, "must be \(allowed)")
      return range.lowerBound
    }
    return Span(nanoseconds: sum)
  }

  mutating func time(
    _ value: WellKnown.Timestamp, _ path: FieldPath, _ field: StaticString
  ) -> WallTime {
    guard (0..<1_000_000_000).contains(value.nanos), value.seconds >= -62_135_596_800 else {
      fail(path, field, "must be a valid time: nanos 0 to 999,999,999, from the year 1 on")
      return WallTime(nanoseconds: 1)
    }
    guard value.seconds < Self.secondsEnd else {
      fail(path, field, "must be before 2262-01-01T00:00:00Z")
      return WallTime(nanoseconds: 1)
    }
    let (whole, overflow) = value.seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflows) = whole.addingReportingOverflow(Int64(value.nanos))
    // Before 1677: long past either way. 0 is how the log writes that there is none.
    let nanoseconds = overflow || overflows ? Int64.min : sum
    return WallTime(nanoseconds: nanoseconds == 0 ? 1 : nanoseconds)
  }
}
