import MartletCore
import MartletRPC

// What calls about locks are refused for.

extension ErrorDetails {
  /// - Parameter holder: nil if the lock was about to change hands.
  static func lockHeld(_ name: String, by holder: LockView?) -> ErrorDetails {
    var metadata = ["lock": name]
    if let holder {
      metadata["owner"] = holder.record.owner
      metadata["token"] = "\(holder.record.token.rawValue)"
    }
    return ErrorDetails(
      .aborted, .lockHeld,
      "The lock \"\(name)\" is held: try again later, or wait longer.", metadata: metadata
    ).retry(after: max(holder?.left ?? .zero, .milliseconds(100)))
  }

  static func lockNotHeld(_ name: String, _ token: Revision) -> ErrorDetails {
    ErrorDetails(
      .failedPrecondition, .lockNotHeld,
      "The lock \"\(name)\" is not held with the token \(token.rawValue), or no longer: stop "
        + "what is done under it.",
      metadata: ["lock": name, "token": "\(token.rawValue)"])
  }

  static func lockNotFound(_ name: String) -> ErrorDetails {
    ErrorDetails(
      .notFound, .lockNotFound,
      "Nobody holds the lock \"\(name)\": list the locks to see which are held.",
      metadata: ["lock": name])
  }
}
