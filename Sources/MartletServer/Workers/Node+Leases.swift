import MartletAPI
import MartletCore
import MartletStore

/// What workers say of their leases, for the stream and its unary twins alike.
extension Node {
  /// Runs a command and calls `then` with its answer once that is durable; not at all if the server
  /// stops before.
  func ask(_ command: Command, _ then: @escaping @Sendable (Reply.Content) -> Void) {
    let caller = EngineRunner.Caller(loop: nil) { then($0.content) }
    _ = runner.add(.command(command, caller))
  }

  /// Records what an attempt came to. A repeat of what was accepted is accepted again.
  func settle(_ finish: API.Finish, _ then: @escaping @Sendable (API.Ack) -> Void) {
    guard let lease = Lease(finish.lease) else { return then(.unreadable(finish.lease)) }
    let outcome: AttemptOutcome
    do throws(EntryProblem) {
      outcome = try AttemptOutcome(finish, limits: limits)
    } catch {
      return then(.refused(finish.lease, error.text))
    }
    ask(.worker(.finish(lease, outcome))) { [self] content in
      switch content {
      case .refusal(.leaseLost(_, attempt: 0)):
        // The task has ended: perhaps by this very finish, said before.
        Task {
          let isTaken = await hasTaken(lease)
          then(isTaken ? .accepted(finish.lease) : .lost(LostLease(lease: lease, attempt: 0)))
        }
      default: then(.init(content, lease))
      }
    }
  }

  /// Saves what an attempt has come to so far. A repeat of what was saved is accepted again.
  func settle(
    _ checkpoint: API.Checkpoint, of text: String, _ then: @escaping @Sendable (API.Ack) -> Void
  ) {
    let answer: @Sendable (API.Ack) -> Void = { ack in
      var ack = ack
      ack.checkpointSequence = checkpoint.sequence
      then(ack)
    }
    guard let lease = Lease(text) else { return answer(.unreadable(text)) }
    let work: Checkpoint
    do throws(EntryProblem) {
      work = try Checkpoint(checkpoint, limits: limits)
    } catch {
      return answer(.refused(text, error.text))
    }
    ask(.worker(.checkpoint(lease, work))) { answer(.init($0, lease)) }
  }

  /// What a beat says beside that the attempt is alive, but for its checkpoint.
  func note(_ beat: API.Beat, of lease: Lease) {
    if let progress = beat.progress { post(.report(lease.token, Progress(reported: progress))) }
    if !beat.logLines.isEmpty {
      post(.worker(.log(lease, LogLine.lines(reported: beat.logLines))))
    }
  }

  /// Gives an attempt back.
  func settle(_ release: API.Release, _ then: @escaping @Sendable (API.Ack) -> Void) {
    guard let lease = Lease(release.lease) else { return then(.unreadable(release.lease)) }
    ask(.worker(.release(lease))) { then(.init($0, lease)) }
  }

  /// Whether it was this lease's holder who said how the task ended.
  private func hasTaken(_ lease: Lease) async -> Bool {
    guard
      let rows = try? await rows([lease.task], withContent: false, asOf: durableRevision),
      let row = rows.first, let status = TaskStatus(row.status),
      status.attempt == lease.attempt, status.notes?.assignment?.epoch == lease.epoch
    else { return false }
    switch status.state {
    case .succeeded: return true
    case .failed: return status.notes?.failure?.kind == .handler
    default: return false
    }
  }
}

extension API.Ack {
  fileprivate init(_ content: Reply.Content, _ lease: Lease) {
    switch content {
    case .answer: self = .accepted(lease.description)
    case .refusal(.leaseLost(_, let attempt)):
      self = .lost(LostLease(lease: lease, attempt: attempt))
    case .refusal(.checkpointOutOfOrder(_, let kept)):
      self = .refused(
        lease.description, "checkpoint.sequence must be above \(kept), which is kept")
    case .refusal, .sight: self = .refused(lease.description, "the server could not take it")
    }
  }

  fileprivate static func unreadable(_ text: String) -> API.Ack {
    .refused(text.prefixed(bytes: 64), "no lease of this server")
  }
}
