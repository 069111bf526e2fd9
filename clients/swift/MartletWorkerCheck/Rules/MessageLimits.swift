internal import MartletAPI

/// The limits of what a worker says, as the contract has them.
enum MessageLimits {
  static let resultBytes = 1 << 20
  static let checkpointBytes = 1 << 20

  static func problem(of finish: API.Finish) -> String? {
    switch finish.outcome {
    case nil: "neither result nor failure is set"
    case .result(let result)?:
      result.data.count > resultBytes
        ? "a result of \(result.data.count) bytes"
        : result.contentType.utf8.count > 127 ? "a content type of more than 127 bytes" : nil
    case .failure(let failure)?:
      failure.code.utf8.count > 63
        ? "a failure code of more than 63 bytes"
        : failure.message.utf8.count > 4 << 10 ? "a failure message of more than 4 KiB" : nil
    }
  }

  static func problem(of progress: API.Progress) -> String? {
    if let percent = progress.percent, !(0...100).contains(percent) { return "\(percent) percent" }
    if progress.step.utf8.count > 255 { return "a step of more than 255 bytes" }
    if progress.counters.count > 32 { return "\(progress.counters.count) counters" }
    let hasLong = progress.counters.keys.contains { $0.isEmpty || $0.utf8.count > 63 }
    return hasLong ? "a counter's name that is not of 1 to 63 bytes" : nil
  }

  static func problem(of lines: [API.LogLine]) -> String? {
    if lines.count > 100 { return "\(lines.count) log lines in one beat" }
    let bytes = lines.map(\.text.utf8.count)
    if bytes.contains(where: { $0 > 4 << 10 }) { return "a log line of more than 4 KiB" }
    return bytes.reduce(0, +) > 64 << 10 ? "more than 64 KiB of log lines in one beat" : nil
  }

  /// `[a-z][a-z0-9_.-]{0,126}`.
  static func isKind(_ text: String) -> Bool {
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let first = text.utf8.first, letters.contains(first), text.utf8.count <= 127 else {
      return false
    }
    let others = "_.-".utf8
    return text.utf8.allSatisfy {
      letters.contains($0) || digits.contains($0) || others.contains($0)
    }
  }
}
