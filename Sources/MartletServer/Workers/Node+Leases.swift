import MartletAPI
import MartletCore
import MartletStore

/// What workers say of their leases, for the stream and its unary twins alike.
extension Node {
  /// Runs a command and calls `then` with its answer once that is durable, in a round of answers of
  /// the engine's thread; not at all if the server stops before.
  func ask(_ command: Command, _ then: @escaping @Sendable (Reply.Content) -> Void) {
    let caller = Caller(place: .round) { then($0.content) }
    _ = runner.add(.command(command, caller))
  }

  /// Gives an answer that no round of answers ends behind: has the engine's thread make one.
  private func outsideRound(_ answer: () -> Void) {
    answer()
    runner.poke()
  }

  /// Records what attempts came to; the answers are in their order. A repeat of what was accepted
  /// is accepted again.
  func settle(_ finishes: [API.Finish], _ then: @escaping @Sendable ([API.Ack]) -> Void) {
    var acks = finishes.map { API.Ack.unreadable($0.lease) }
    var ends: [LeaseOutcome] = []
    var places: [Int] = []
    for (place, finish) in finishes.enumerated() {
      guard let lease = Lease(finish.lease) else { continue }
      do throws(EntryProblem) {
        let outcome = try AttemptOutcome(finish, limits: limits)
        ends.append(LeaseOutcome(lease: lease, outcome: outcome))
        places.append(place)
      } catch {
        acks[place] = .refused(finish.lease, error.text)
      }
    }
    if ends.isEmpty { return outsideRound { then(acks) } }
    ask(.worker(.finish(ends))) { [self, acks, ends, places] content in
      guard case .answer(.finished(let refusals)) = content else {
        return then(finishes.map { .refused($0.lease, "the server could not take it") })
      }
      var acks = acks
      var gone: [Int] = []
      for (index, place) in places.enumerated() {
        let refusal = refusals[index]
        if case .leaseLost(_, attempt: 0) = refusal { gone.append(index) }
        acks[place] = API.Ack(
          refusal.map { .refusal($0) } ?? .answer(.done), ends[index].lease,
          as: finishes[place].lease)
      }
      if gone.isEmpty { return then(acks) }
      // These tasks have ended: perhaps by these very finishes, said before.
      Task { [acks] in
        var acks = acks
        let taken = await taken(gone.map { ends[$0].lease })
        for index in gone where taken.contains(ends[index].lease) {
          acks[places[index]] = .accepted(finishes[places[index]].lease)
        }
        outsideRound { [acks] in then(acks) }
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
    guard let lease = Lease(text) else { return outsideRound { answer(.unreadable(text)) } }
    let work: Checkpoint
    do throws(EntryProblem) {
      work = try Checkpoint(checkpoint, limits: limits)
    } catch {
      return outsideRound { answer(.refused(text, error.text)) }
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
    guard let lease = Lease(release.lease) else {
      return outsideRound { then(.unreadable(release.lease)) }
    }
    let delay: Span
    do throws(EntryProblem) {
      delay = try Span(delay: release.delay, "delay") ?? .zero
    } catch {
      return outsideRound { then(.refused(release.lease, error.text)) }
    }
    ask(.worker(.release(lease, delay: delay))) { then(.init($0, lease)) }
  }

  /// Those of the leases whose holders said how the task ended.
  private func taken(_ leases: [Lease]) async -> Set<Lease> {
    let found = try? await rows(leases.map(\.task), withContent: false, asOf: durableRevision)
    let statuses = Dictionary(
      (found ?? []).compactMap { row in TaskStatus(row.status).map { (row.id, $0) } },
      uniquingKeysWith: { first, _ in first })
    return Set(
      leases.filter { lease in
        guard let status = statuses[lease.task], status.attempt == lease.attempt,
          status.notes?.assignment?.epoch == lease.epoch
        else { return false }
        switch status.state {
        case .succeeded: return true
        case .failed: return status.notes?.failure?.kind == .handler
        default: return false
        }
      })
  }
}

extension API.Ack {
  /// `text` is the lease as its holder writes it.
  fileprivate init(_ content: Reply.Content, _ lease: Lease, as text: String? = nil) {
    switch content {
    case .answer: self = .accepted(text ?? lease.description)
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
