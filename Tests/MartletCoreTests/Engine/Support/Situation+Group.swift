import Testing

@testable import MartletCore

extension Situation {
  /// Another pool of the group has all of its budget.
  static let ofGroup: [Situation] = [
    Situation(
      name: "the budget of the group is in use", group: .slots, isPassing: true,
      before: { try $0.share(minimum: 0) },
      expected: { $0 == .budgetInUse(group: "g", budget: 1, inUse: 1, owed: 0) }),
    Situation(
      name: "the group has lent the pool's slots", group: .slots, isPassing: true,
      before: { try $0.share(minimum: 1) },
      expected: { cause in
        // A task that nobody takes has no claim.
        cause == .budgetLent(group: "g", budget: 1, minimum: 1, inUse: 0)
          || cause == .budgetInUse(group: "g", budget: 1, inUse: 1, owed: 0)
      }),
  ]
}

extension World {
  fileprivate func share(minimum: Int) throws {
    try createGroup(budget: 1)
    try createPool("other", minimum: 0)
    _ = try fill("other", 1)
    try run(
      .updatePool(
        name: "p", expected: nil,
        change: {
          $0.group = "g"
          $0.groupMinimum = minimum
        }, origin: Self.user))
  }
}
