/// How long a task may be PENDING without a start. Each stay in the queue counts for itself, from
/// when the task became due; a task that is offered to a worker still waits.
struct QueueTimeout: Hashable, Sendable {
  var limit: Span

  /// When a task that has been PENDING since then fails.
  func end(pendingSince due: Elapsed) -> Elapsed { due + limit }

  /// Never repeated: whoever set the limit has no use for a later start.
  var failure: Failure {
    Failure(
      kind: .queueTimeout, message: "the task waited longer than \(limit.text) for a slot",
      attempt: 0, retryable: false)
  }
}
