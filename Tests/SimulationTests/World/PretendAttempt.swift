import MartletCore

/// A handler at work: when it is done, what it says then, and whether it listens.
struct PretendAttempt {
  var token: AttemptToken
  var doneAt: Elapsed
  var outcome: AttemptOutcome
  /// Else it goes on until it is done, whatever it is told.
  var heedsStop: Bool
  var reports: Int = 0

  init(token: AttemptToken, at now: Elapsed, random: inout SeededRandom) {
    self.token = token
    let lengths: [Int64] = [0, 20, 300, 2_000, 9_000, 90_000]
    let longest = lengths.randomElement(using: &random) ?? 0
    doneAt = now + .milliseconds(Int64.random(in: 0...longest, using: &random))
    heedsStop = Int.random(in: 0..<3, using: &random) > 0
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<6:
      let data = [UInt8(truncatingIfNeeded: token.task.rawValue), UInt8(token.attempt & 0xFF)]
      outcome = .succeeded(TaskResult(data: data, contentType: "x/y"))
    case 6: outcome = .succeeded(TaskResult(data: [], contentType: ""))
    case 7:
      outcome = .failed(kind: .handler, code: "FATAL", message: "no", retryable: false)
    default:
      let code = ["", "BUSY", "BAD"].randomElement(using: &random) ?? ""
      let failureClass = ["", "", "network", "disk", "odd"].randomElement(using: &random) ?? ""
      let delay = Int64.random(in: 0...4_000, using: &random)
      outcome = .failed(
        kind: .handler, code: code, message: "try again", retryable: true,
        failureClass: failureClass,
        retryDelay: Bool.random(using: &random) ? nil : .milliseconds(delay))
    }
  }
}
