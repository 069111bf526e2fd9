/// How long and how many finished tasks of a pool are kept, by outcome. The server's own limits
/// stay upper bounds.
package struct Retention: Hashable, Sendable {
  package var succeeded = Bounds()
  package var failed = Bounds()
  package var cancelled = Bounds()

  package struct Bounds: Hashable, Sendable {
    /// Since the end of the task; nil: as long as the server keeps them.
    package var maxAge: Span?
    /// The newest so many; nil: as many as the server keeps.
    package var maxCount: Int?

    package init(maxAge: Span? = nil, maxCount: Int? = nil) {
      self.maxAge = maxAge
      self.maxCount = maxCount
    }
  }

  package init() {}

  package var isEmpty: Bool { self == Retention() }

  /// Of a terminal state.
  package subscript(outcome: TaskState) -> Bounds {
    switch outcome {
    case .succeeded: succeeded
    case .failed: failed
    case .cancelled: cancelled
    case .blocked, .scheduled, .pending, .running, .paused: Bounds()
    }
  }
}
