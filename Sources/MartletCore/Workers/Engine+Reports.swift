/// What workers say of their attempts while these run, beside progress.
extension Engine {
  func decideCheckpoint(
    _ lease: Lease, _ checkpoint: Checkpoint
  ) throws(Refusal) -> Decision {
    let task = try running(lease)
    if let kept = task.notes?.checkpoint, checkpoint.sequence <= kept.sequence {
      // The worker did not hear that it was taken and says it again.
      if kept.sequence == checkpoint.sequence, kept.attempt == lease.attempt { return Decision([]) }
      throw .checkpointOutOfOrder(task.id, kept: kept.sequence)
    }
    var status = task.status
    let mark = CheckpointMark(
      sequence: checkpoint.sequence, attempt: lease.attempt, revision: catalog.revision.next)
    status.notes = task.knownNotes.with { $0.checkpoint = mark }
    return Decision([event(.checkpointed(checkpoint), task, status)])
  }

  /// As many of the lines as the attempt may write now; the rest is counted.
  mutating func log(
    _ lines: [LogLine], by lease: Lease, at now: Instant
  ) throws(Refusal) -> Event.Body? {
    let task = try running(lease)
    let taken = state.session.lineAllowances[task.id, default: LineAllowance(at: now.elapsed)]
      .take(lines.count, at: now.elapsed)
    guard let taken else { return nil }
    return event(
      .logged(Array(lines.prefix(taken.lines)), dropped: taken.dropped), task, task.status)
  }
}

/// How many lines an attempt may write: so many at once, so many a second.
struct LineAllowance: Sendable {
  static let burst = 1_000
  static let perSecond = 100

  private var left = burst
  private var refilledAt: Elapsed
  private var dropped: Int64 = 0

  init(at now: Elapsed) { refilledAt = now }

  /// How many of `count` lines are taken, and how many were not since the last that were; nil if
  /// none is.
  mutating func take(_ count: Int, at now: Elapsed) -> (lines: Int, dropped: Int64)? {
    let spacing = Span.seconds(1).nanoseconds / Int64(Self.perSecond)
    let earned = (now - refilledAt).nanoseconds / spacing
    if earned > 0 {
      left = Int(min(Int64(Self.burst), Int64(left) + earned))
      refilledAt = refilledAt + Span(nanoseconds: earned * spacing)
    }
    let taken = min(count, left)
    left -= taken
    guard taken > 0 else {
      dropped += Int64(count)
      return nil
    }
    let before = dropped
    dropped = Int64(count - taken)
    return (taken, before)
  }
}
