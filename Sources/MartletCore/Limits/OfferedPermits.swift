/// What is set aside for tasks that workers have been offered, until they accept.
struct OfferedPermits: Sendable {
  private var offers: [TaskID: [LimitKey]] = [:]
  private var counts: [LimitKey: Int] = [:]

  func count(of key: LimitKey) -> Int { counts.isEmpty ? 0 : counts[key] ?? 0 }

  mutating func reserve(_ keys: [LimitKey], for task: TaskID) {
    if keys.isEmpty { return }
    offers[task] = keys
    for key in keys { counts[key, default: 0] += 1 }
  }

  /// - Returns: What is there for others now.
  mutating func release(_ task: TaskID) -> [LimitKey] {
    guard !offers.isEmpty, let keys = offers.removeValue(forKey: task) else { return [] }
    for key in keys {
      let left = (counts[key] ?? 1) - 1
      counts[key] = left == 0 ? nil : left
    }
    return keys
  }
}
