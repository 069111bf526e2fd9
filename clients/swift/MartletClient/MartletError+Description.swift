internal import MartletRPC

extension MartletError: CustomStringConvertible {
  /// One sentence: what happened, and what to do about it.
  public var description: String {
    let advice = advice.map { ": \($0)" } ?? ""
    return "\(summary)\(advice)."
  }

  /// What happened, without full stop.
  public var summary: String {
    if code == .unavailable, reason == nil {
      let server = target.isEmpty ? "the server" : "the server at \(target)"
      return "\(server) cannot be reached (\(connectionTrouble))"
    }
    if code == .deadlineExceeded {
      return "the time limit passed before the server had answered"
    }
    let listed = violations.map { violation in
      violation.description.hasPrefix(violation.field)
        ? violation.description.trimmed
        : "`\(violation.field)` \(violation.description.trimmed)"
    }
    if !listed.isEmpty { return "the request is not valid: " + listed.joined(separator: "; ") }
    return message.isEmpty ? "the server answered \(code)" : told.what
  }

  /// The server's sentence, which Martlet writes as `what happened: what to do`.
  private var told: (what: String, advice: String?) {
    guard reason != nil, let colon = message.firstRange(of: ": ") else {
      return (message.trimmed, nil)
    }
    return (
      String(message[..<colon.lowerBound]), String(message[colon.upperBound...]).trimmed
    )
  }

  /// What the connection said, without the address, which the sentence has.
  private var connectionTrouble: String {
    message.trimmed.replacing("cannot connect to \(target): ", with: "")
      .replacing("the connection to \(target) was lost", with: "the connection was lost")
  }

  /// What to do about it; nil if that is not known.
  public var advice: String? {
    if let advice = told.advice, violations.isEmpty {
      return retryDelay.map { "\(advice) (the server asks for \($0.text))" } ?? advice
    }
    if let retryDelay { return "try again in \(retryDelay.text)" }
    return switch code {
    case .unavailable: "start it, or give the address of one that runs"
    case .deadlineExceeded: "allow more time, or see whether the server is overloaded"
    case .unimplemented: "update the server, which does not know this call"
    case .internalError, .unknown, .dataLoss: "see the server's log"
    default: nil
    }
  }
}

extension String {
  /// Without the white space and full stop that a sentence inside a sentence must not end with.
  fileprivate var trimmed: String {
    var text = Substring(self)
    while let last = text.last, last == "." || last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
