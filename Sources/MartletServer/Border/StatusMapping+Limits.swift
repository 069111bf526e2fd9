import MartletCore
import MartletRPC

// What calls about limits are refused for.

extension ErrorDetails {
  /// What is wrong with the limit itself, or with what is asked of it.
  static func limit(_ name: String, _ refusal: Refusal) -> ErrorDetails {
    if case .limitTooSmall(_, let units, let most) = refusal {
      return limitTooSmall(name, units: units, most: most)
    }
    if case .permitsNotHeld(_, let token) = refusal { return permitsNotHeld(name, token) }
    let (code, reason, text): (StatusCode, ErrorReason, String) =
      switch refusal {
      case .limitExists:
        (.alreadyExists, .limitExists, "exists already: choose another name, or update it")
      case .limitEtagMismatch:
        (
          .aborted, .etagMismatch,
          "has changed since it was read: read it again and repeat the update with its new etag"
        )
      case .limitSortFixed:
        (
          .failedPrecondition, .limitSortFixed,
          "cannot become one of another sort: delete it and create another"
        )
      case .limitNotHeld:
        (
          .failedPrecondition, .limitNotHeld,
          "is a rate or a window, of which nothing is held: use AcquirePermits"
        )
      default: (.notFound, .limitNotFound, "does not exist: create it first")
      }
    return ErrorDetails(code, reason, "The limit \"\(name)\" \(text).", metadata: ["limit": name])
  }

  private static func limitTooSmall(_ name: String, units: Int, most: Int) -> ErrorDetails {
    ErrorDetails(
      .failedPrecondition, .limitTooSmall,
      "The limit \"\(name)\" never has \(units) permits at once: ask for at most \(most), or raise "
        + "it.",
      metadata: ["limit": name, "most": "\(most)"])
  }

  static func limitExceeded(_ shortage: LimitShortage) -> ErrorDetails {
    ErrorDetails(
      .resourceExhausted, .limitExceeded,
      "The limit \"\(shortage.limit)\" has \(shortage.available) permits now, not "
        + "\(shortage.units), or others wait for them: try again later, or wait longer.",
      metadata: [
        "limit": shortage.limit, "key": shortage.key, "available": "\(shortage.available)",
      ]
    ).retry(after: shortage.retryAfter)
  }

  private static func permitsNotHeld(_ name: String, _ token: Revision) -> ErrorDetails {
    ErrorDetails(
      .failedPrecondition, .permitsNotHeld,
      "No permits of the limit \"\(name)\" are held with the token \(token.rawValue), or no "
        + "longer: stop what is done by them.",
      metadata: ["limit": name, "token": "\(token.rawValue)"])
  }
}
