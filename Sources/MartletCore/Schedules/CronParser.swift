/// Why a text is no cron expression, or none that ever fires.
package struct CronError: Error, Hashable, Sendable {
  /// The end of a sentence that begins with the field's name: `must be …`.
  package var message: String
}

extension CronExpression {
  /// Reads five fields (minute, hour, day of month, month, day of week), six with the second in
  /// front, or a short form like `@daily`.
  package init(parsing text: some StringProtocol) throws(CronError) {
    let trimmed = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    if trimmed.utf8.count > Self.bytesMax {
      throw CronError(message: "must be at most \(Self.bytesMax) bytes")
    }
    let lower = trimmed.lowercased()
    if lower.hasPrefix("@"), Self.shortForms[lower] == nil {
      let known = Self.shortForms.keys.sorted().joined(separator: ", ")
      throw CronError(message: "must be one of \(known), or have five or six fields")
    }
    var fields = (Self.shortForms[lower] ?? lower).split(separator: " ").map(String.init)
    if fields.count == 5 { fields.insert("0", at: 0) }
    guard fields.count == 6 else {
      throw CronError(
        message: "must have five fields (minute, hour, day of month, month, day of week), or six "
          + "with the second in front, not \(fields.count)")
    }
    self.text = trimmed
    seconds = try CronField.second.values(fields[0])
    minutes = try CronField.minute.values(fields[1])
    hours = try CronField.hour.values(fields[2])
    months = try CronField.month.values(fields[4])
    (days, weekdays) = (0, 0)
    isAnyDay = fields[3] == "*" || fields[3] == "?"
    isAnyWeekday = fields[5] == "*" || fields[5] == "?"
    if !isAnyDay { try readDays(fields[3]) }
    if !isAnyWeekday { try readWeekdays(fields[5]) }
    if !everFires {
      throw CronError(message: "must name a date that there is: `\(trimmed)` never fires")
    }
  }

  private static let bytesMax = 255

  private static let shortForms = [
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *", "@minutely": "* * * * *",
  ]

  private mutating func readDays(_ text: String) throws(CronError) {
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      if part == "l" { hasLastDay = true } else { days |= try CronField.day.bits(part) }
    }
  }

  private mutating func readWeekdays(_ text: String) throws(CronError) {
    let field = CronField.weekday
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      if let mark = part.firstIndex(of: "#") {
        let day = try field.number(part[..<mark], in: part)
        guard let number = Int(part[part.index(after: mark)...]), (1...5).contains(number) else {
          throw field.error("`\(part)`: the number after # must be 1 to 5")
        }
        numberedWeekdays[number - 1] |= 1 << UInt64(day % 7)
      } else if part.count > 1, part.last == "l", !part.contains("-"),
        let day = try? field.number(part.dropLast(), in: part)
      {
        lastWeekdays |= 1 << UInt64(day % 7)
      } else {
        let bits = try field.bits(part)
        weekdays |= bits & 0x7F | bits >> 7 & 1
      }
    }
  }
}

/// One of the fields: its name, its range, the words for its values.
private struct CronField {
  var name: String
  var range: ClosedRange<Int>
  /// For the values from `range.lowerBound` on.
  var words: [String] = []

  static let second = CronField(name: "second", range: 0...59)
  static let minute = CronField(name: "minute", range: 0...59)
  static let hour = CronField(name: "hour", range: 0...23)
  static let day = CronField(name: "day of month", range: 1...31)
  static let month = CronField(
    name: "month", range: 1...12,
    words: [
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ])
  /// 7 is Sunday again.
  static let weekday = CronField(
    name: "day of week", range: 0...7,
    words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

  func error(_ message: String) -> CronError {
    CronError(message: "must be right in the field \(name): \(message)")
  }

  func values(_ text: String) throws(CronError) -> UInt64 {
    var bits: UInt64 = 0
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      bits |= try self.bits(part)
    }
    return bits
  }

  /// Of one member of a list.
  func bits(_ part: Substring) throws(CronError) -> UInt64 {
    let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var step = 1
    if halves.count == 2 {
      guard let number = Int(halves[1]), (1...range.upperBound).contains(number) else {
        throw error("`\(part)`: a step must be 1 to \(range.upperBound)")
      }
      step = number
    }
    let span = try self.span(halves[0], hasStep: halves.count == 2, in: part)
    var bits: UInt64 = 0
    for value in stride(from: span.lowerBound, through: span.upperBound, by: step) {
      bits |= 1 << UInt64(value)
    }
    return bits
  }

  private func span(
    _ text: Substring, hasStep: Bool, in part: Substring
  ) throws(CronError) -> ClosedRange<Int> {
    // 7 is no day of its own: `*/2` means Sunday, Tuesday, Thursday, Saturday.
    let top = words.first == "sun" ? 6 : range.upperBound
    if text == "*" { return range.lowerBound...top }
    guard let dash = text.firstIndex(of: "-") else {
      let value = try number(text, in: part)
      return hasStep ? value...max(top, value) : value...value
    }
    let low = try number(text[..<dash], in: part)
    let end = text[text.index(after: dash)...]
    var high = try number(end, in: part)
    if high == 0, low > 0, words.first == "sun" { high = 7 }
    guard low <= high else { throw error("`\(part)`: a range must go up") }
    return low...high
  }

  func number(_ text: Substring, in part: Substring) throws(CronError) -> Int {
    if let place = words.firstIndex(of: String(text)) { return place + range.lowerBound }
    let isNumber = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard isNumber, let number = Int(text), range.contains(number) else {
      let names = words.isEmpty ? "" : ", or \(words[0]) to \(words[words.count - 1])"
      throw error(
        "`\(part)` is not \(range.lowerBound) to \(range.upperBound)\(names), a range, a step or a "
          + "list of these")
    }
    return number
  }
}
