/// A paragraph of "What a worker keeps to" in docs/workers.md; the raw value is how it begins.
package enum Rule: String, Sendable, CaseIterable {
  case hello = "Hello"
  case credit = "Credit"
  case accepting = "Accept"
  case running = "Run"
  case beats = "Beat"
  case checkpoints = "Checkpoints"
  case finishing = "Finish"
  case directives = "Directives"
  case streams = "Streams"
  case backoff = "Back-off"
  case pings = "Pings"
  case stopping = "Stop"
  case unknown = "The unknown"
}
