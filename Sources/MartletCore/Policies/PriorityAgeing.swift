/// Lets a PENDING task rise by one level of priority for each `step` that it has waited, so that it
/// comes to its turn however much of a higher priority comes after it.
///
/// A level is worked out when a slot is free, for the heads of the queues only: it is nowhere kept,
/// and no timer moves it.
package struct PriorityAgeing: Hashable, Sendable {
  /// More than 0.
  package var step: Span

  package init(step: Span) { self.step = step }

  /// No task rises above it.
  package static let levelMax: UInt8 = 10

  /// The priority that a task of such a priority has by now; it has been PENDING since it was due.
  package func level(of priority: UInt8, pendingSince due: Elapsed, at now: Elapsed) -> UInt8 {
    let rises = max(0, (now - due).nanoseconds) / max(1, step.nanoseconds)
    let room = Int64(Self.levelMax) - Int64(priority)
    return room > 0 ? priority + UInt8(min(rises, room)) : priority
  }
}
