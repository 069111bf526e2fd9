import MartletCore
import MartletRPC

// What pools and groups are refused for that scale, share budgets or are rolled back.

extension ErrorDetails {
  static func groupNotFound(_ group: String) -> ErrorDetails {
    ErrorDetails(.notFound, .groupNotFound, group: group, "does not exist: create it first")
  }

  static func groupExists(_ group: String) -> ErrorDetails {
    ErrorDetails(
      .alreadyExists, .groupExists, group: group, "exists already: choose another name")
  }

  static func groupNotEmpty(_ group: String, _ pools: [String], count: Int) -> ErrorDetails {
    let rest = count > pools.count ? " and \(count - pools.count) more" : ""
    return ErrorDetails(
      .failedPrecondition, .groupNotEmpty, group: group,
      "has pools (\(pools.joined(separator: ", "))\(rest)): delete them, or take them out, first",
      metadata: ["pools": "\(count)"])
  }

  static func groupBudgetExceeded(
    _ group: String, budget: Int, guaranteed: Int
  ) -> ErrorDetails {
    ErrorDetails(
      .failedPrecondition, .groupBudgetExceeded, group: group,
      "has a budget of \(budget) slots, and its pools would be guaranteed \(guaranteed): raise "
        + "the budget, or lower a group_minimum",
      metadata: ["budget": "\(budget)", "guaranteed": "\(guaranteed)"])
  }

  static func groupEtagMismatch(_ group: String) -> ErrorDetails {
    ErrorDetails(
      .aborted, .etagMismatch, group: group,
      "has changed since it was read: read it again and repeat the update with its new etag")
  }

  private init(
    _ code: StatusCode, _ reason: ErrorReason, group: String, _ says: String,
    metadata: [String: String] = [:]
  ) {
    self.init(
      code, reason, "The group \"\(group)\" \(says).",
      metadata: metadata.merging(["group": group]) { _, new in new })
  }

  static func poolRevisionNotFound(_ pool: String, _ revision: Revision) -> ErrorDetails {
    ErrorDetails(
      .notFound, .poolRevisionNotFound,
      "The pool \"\(pool)\" has no revision \(revision.rawValue), or it is no longer kept: list "
        + "its revisions.",
      metadata: ["pool": pool, "revision": "\(revision.rawValue)"])
  }

  static func poolSpecInvalid(_ problem: PoolSpecProblem) -> ErrorDetails {
    let violation = FieldViolation(field: "spec.\(problem.field)", description: problem.text)
    return ErrorDetails(
      .invalidArgument, .fieldInvalid,
      "The pool's fields would not fit together: \(violation.field) \(violation.description).",
      metadata: ["violations": "1"]
    ).badRequest([violation])
  }
}
