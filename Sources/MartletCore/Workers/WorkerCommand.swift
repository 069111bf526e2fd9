/// What workers, and whoever looks after them, ask the engine for. But for `accept`, `finish` and
/// `release` it changes only what this session knows.
package enum WorkerCommand: Sendable {
  /// A worker comes, or comes back.
  case connect(WorkerHello)
  /// It may be offered so many more than the `seen` first offers of its stream; nil: than it has
  /// been.
  case credit(WorkerID, more: Int, seen: UInt64?)
  /// It has begun.
  case accept(WorkerID, [Lease])
  /// It still runs these.
  case renew(WorkerID?, [Lease])
  /// What its attempt has come to so far.
  case checkpoint(Lease, Checkpoint)
  /// Lines that its handler wrote.
  case log(Lease, [LogLine])
  /// What attempts came to; each is taken or refused for itself.
  case finish([LeaseOutcome])
  /// It gives the attempt back, which does not count as one; the task waits for so long.
  case release(Lease, delay: Span = .zero)
  /// It is offered nothing more, and finishes what it has.
  case drain(WorkerID)
  /// Its stream is gone; it keeps its leases until they end.
  case disconnect(WorkerID)
}

/// What the attempt of a lease came to.
package struct LeaseOutcome: Hashable, Sendable {
  package var lease: Lease
  package var outcome: AttemptOutcome

  package init(lease: Lease, outcome: AttemptOutcome) {
    self.lease = lease
    self.outcome = outcome
  }
}

/// What a worker that came is told.
package struct WorkerWelcome: Hashable, Sendable {
  package var worker: WorkerID
  /// How long a lease holds after each renewal.
  package var leaseLength: Span
  /// Of the leases that it said it holds.
  package var kept: [Lease]
  package var report: LeaseReport
}

/// What there is to say of leases that were named.
package struct LeaseReport: Hashable, Sendable {
  /// Those that are gone.
  package var lost: [LostLease] = []
  /// Those whose attempts are to stop or to pause.
  package var stopping: [StoppingLease] = []

  package init() {}
}

/// A lease that its holder no longer has.
package struct LostLease: Hashable, Sendable {
  package var lease: Lease
  /// The task's attempt of now; 0 if the task has ended.
  package var attempt: UInt32

  package init(lease: Lease, attempt: UInt32) {
    self.lease = lease
    self.attempt = attempt
  }
}

/// A lease whose attempt is to end.
package struct StoppingLease: Hashable, Sendable {
  package enum Purpose: Hashable, Sendable {
    case cancel
    case pause
  }

  package var lease: Lease
  package var purpose: Purpose
  package var origin: Origin
  /// How long its holder has to stop.
  package var grace: Span

  package init(lease: Lease, purpose: Purpose, origin: Origin, grace: Span) {
    self.lease = lease
    self.purpose = purpose
    self.origin = origin
    self.grace = grace
  }

  /// nil while nobody wants the attempt to end.
  package init?(_ lease: Lease, _ notes: TaskNotes?, at now: Elapsed) {
    guard let request = notes?.cancel ?? notes?.pause else { return nil }
    self.init(
      lease: lease, purpose: notes?.cancel == nil ? .pause : .cancel, origin: request.origin,
      grace: max(request.graceEnd - now, .zero))
  }
}

/// What the server has to say to a worker, once what it rests on is durable.
package enum WorkerNotice: Hashable, Sendable {
  case offer(Offer)
  /// The lease ended without the worker's doing.
  case lost(WorkerID, Lease)
}
