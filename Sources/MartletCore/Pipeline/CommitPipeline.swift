/// Names a call that waits for its answer.
package struct Ticket: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static func < (a: Ticket, b: Ticket) -> Bool { a.rawValue < b.rawValue }
}

/// What goes into the log as one commit.
package struct SealedSegment: Hashable, Sendable {
  package var events: [Event]
  package var stamp: Stamp

  package init(events: [Event], stamp: Stamp) {
    self.events = events
    self.stamp = stamp
  }

  package var firstRevision: Revision { events.first?.revision ?? .zero }
  package var lastRevision: Revision { events.last?.revision ?? .zero }
}

/// An answer that may leave: what it rests on is durable.
package struct Reply: Sendable {
  package enum Content: Sendable {
    case answer(Answer)
    case sight(Sight)
    case refusal(Refusal)
  }

  package var ticket: Ticket
  package var content: Content
  /// The revision it was decided at.
  package var revision: Revision
}

/// Groups commands into commits and holds every answer back until what it rests on is durable.
///
/// While one segment is on its way to disk the next one is being decided; it leaves when the first
/// has arrived. So batches grow by themselves with the time of a flush. What is urgent may leave
/// before that, to wait at the log for its turn.
package struct CommitPipeline: Sendable {
  package private(set) var engine: Engine
  /// The newest revision that is on disk.
  package private(set) var durable: Revision
  private var open: OpenSegment?
  /// The last revisions of the segments on their way, in order.
  private var inFlight: [Revision] = []
  /// In the order of the calls, and so by rising revision.
  private var replies = ReplyQueue()
  /// For workers, each with the revision that it rests on.
  private var notices: [(revision: Revision, notice: WorkerNotice)] = []
  /// For calls that stood in line for a lock, the same.
  private var lockNotices: [(revision: Revision, notice: LockNotice)] = []
  /// And for permits.
  private var permitNotices: [(revision: Revision, notice: PermitNotice)] = []

  private struct OpenSegment: Sendable {
    var instant: Instant
    var stamp: Stamp
    var events: [Event] = []
    var contentBytes = 0
  }

  package init(engine: Engine) {
    self.engine = engine
    durable = engine.state.durable.catalog.revision
  }

  // MARK: - Doors

  /// Decides a command; its reply leaves when its events are durable. Without a ticket nobody is
  /// told.
  package mutating func run(_ command: Command, ticket: Ticket?, at now: Instant) {
    var segment = openSegment(at: now)
    open = nil
    let content: Reply.Content
    do throws(Refusal) {
      let answer = try engine.perform(
        command, at: segment.instant, stamp: segment.stamp, into: &segment.events)
      content = .answer(answer)
      segment.contentBytes += command.contentBytes
    } catch {
      content = .refusal(error)
    }
    segment.contentBytes += engine.takeFiredBytes()
    open = segment
    for notice in engine.takeNotices() {
      notices.append((engine.state.durable.catalog.revision, notice))
    }
    for notice in engine.takeLockNotices() {
      lockNotices.append((engine.state.durable.catalog.revision, notice))
    }
    for notice in engine.takePermitNotices() {
      permitNotices.append((engine.state.durable.catalog.revision, notice))
    }
    if let ticket { reply(ticket, content) }
  }

  /// Looks at the state; the reply leaves when what was seen is durable.
  package mutating func look(_ query: Query, ticket: Ticket, at now: Instant) {
    do throws(Refusal) {
      reply(ticket, .sight(try engine.see(query, at: openInstant(at: now))))
    } catch {
      reply(ticket, .refusal(error))
    }
  }

  /// Lets time pass: whatever is due by now happens, as far as it fits into the open segment.
  package mutating func tick(at now: Instant) {
    guard !isFull else { return }
    guard
      engine.isUnsettled || engine.nextDeadline.map({ $0 <= now.elapsed }) ?? false
        || engine.isScheduleDue(at: now.wall)
    else { return }
    // A segment that is already open belongs to an earlier instant; what it cannot see yet is
    // decided in the next one.
    run(.tick, ticket: nil, at: now)
  }

  /// The next segment for the log: what has been decided since the last one; nil if nothing was,
  /// or while one is on its way.
  ///
  /// - Parameter isUrgent: Whether it may follow one that is on its way.
  package mutating func seal(isUrgent: Bool = false) -> SealedSegment? {
    guard inFlight.count < (isUrgent ? 2 : 1), let segment = open, !segment.events.isEmpty else {
      return nil
    }
    open = nil
    let sealed = SealedSegment(events: segment.events, stamp: segment.stamp)
    inFlight.append(sealed.lastRevision)
    return sealed
  }

  /// The segment that has been on its way for longest is on disk.
  package mutating func segmentDurable() {
    if !inFlight.isEmpty { durable = inFlight.removeFirst() }
  }

  /// The replies that may leave now, in the order of their calls.
  package mutating func takeReplies() -> [Reply] { replies.take(through: durable) }

  /// All replies, for a driver that holds each back until its revision is durable.
  package mutating func takeHeldReplies() -> [Reply] { replies.take(through: Revision(.max)) }

  /// What may be said to workers now, in order.
  package mutating func takeNotices() -> [WorkerNotice] {
    let count = notices.firstIndex { $0.revision > durable } ?? notices.count
    guard count > 0 else { return [] }
    defer { notices.removeFirst(count) }
    return notices[..<count].map(\.notice)
  }

  /// What may be told to calls that stood in line now, in order.
  package mutating func takeLockNotices() -> [LockNotice] {
    if lockNotices.isEmpty { return [] }
    let count = lockNotices.firstIndex { $0.revision > durable } ?? lockNotices.count
    defer { lockNotices.removeFirst(count) }
    return lockNotices[..<count].map(\.notice)
  }

  package mutating func takePermitNotices() -> [PermitNotice] {
    if permitNotices.isEmpty { return [] }
    let count = permitNotices.firstIndex { $0.revision > durable } ?? permitNotices.count
    defer { permitNotices.removeFirst(count) }
    return permitNotices[..<count].map(\.notice)
  }

  // MARK: - What the driver may ask

  /// No more commands fit into the open segment; they wait until it has been sealed.
  package var isFull: Bool {
    guard let open else { return false }
    let limits = engine.state.session.limits
    return open.events.count >= limits.segmentEvents
      || open.contentBytes + open.events.count * Self.bytesPerEvent >= limits.segmentBytes
  }

  package var isInFlight: Bool { !inFlight.isEmpty }
  package var openEventCount: Int { open?.events.count ?? 0 }
  /// What has been decided since the last `seal`.
  package var openPart: SealedSegment? {
    open.map { SealedSegment(events: $0.events, stamp: $0.stamp) }
  }
  package var hasOpenEvents: Bool { openEventCount > 0 }

  /// What the runner learned that no event says.
  package mutating func inform(_ change: (inout Engine) -> Void) { change(&engine) }

  // MARK: - Parts

  /// Roughly what an event takes beside its payload.
  private static let bytesPerEvent = 200

  private func openInstant(at now: Instant) -> Instant {
    open.flatMap { $0.events.isEmpty ? nil : $0.instant } ?? now
  }

  /// All of a segment happens at one instant: that of its first command.
  private func openSegment(at now: Instant) -> OpenSegment {
    if let open, !open.events.isEmpty { return open }
    let before = engine.state.durable.catalog.stamp
    let instant = Instant(elapsed: max(now.elapsed, before.elapsed), wall: now.wall)
    return OpenSegment(
      instant: instant,
      stamp: Stamp(elapsed: instant.elapsed, time: max(before.time, now.wall)))
  }

  private mutating func reply(_ ticket: Ticket, _ content: Reply.Content) {
    replies.add(
      Reply(
        ticket: ticket, content: content, revision: engine.state.durable.catalog.revision))
  }
}

/// Replies in the order in which they were decided.
private struct ReplyQueue: Sendable {
  private var held: [Reply] = []
  private var taken = 0

  mutating func add(_ reply: Reply) { held.append(reply) }

  mutating func take(through revision: Revision) -> [Reply] {
    var end = taken
    while end < held.count, held[end].revision <= revision { end += 1 }
    defer {
      taken = end
      if taken == held.count {
        held.removeAll(keepingCapacity: true)
        taken = 0
      } else if taken > 1_024, taken * 2 > held.count {
        held.removeFirst(taken)
        taken = 0
      }
    }
    return Array(held[taken..<end])
  }
}

extension Command {
  /// Bytes of payloads, results, checkpoints and lines that go into the log with it.
  package var contentBytes: Int {
    switch self {
    case .submit(_, let tasks, _, _, _): tasks.reduce(0) { $0 + $1.contentBytes }
    case .workflow(.submit(let draft, _)):
      draft.tasks.reduce(0) { $0 + $1.draft.contentBytes }
    case .schedule(.create(_, let spec, _, _)): spec.action.task.contentBytes
    case .finish(_, let outcome): outcome.contentBytes
    case .worker(.finish(let ends)): ends.reduce(0) { $0 + $1.outcome.contentBytes }
    case .worker(.checkpoint(_, let checkpoint)): checkpoint.data.count
    case .worker(.log(_, let lines)): lines.reduce(0) { $0 + 2 * $1.text.utf8.count }
    default: 0
    }
  }
}

extension TaskDraft {
  fileprivate var contentBytes: Int { payload.count + 9 * dependencies.count }
}

extension AttemptOutcome {
  fileprivate var contentBytes: Int {
    if case .succeeded(let result) = self { result.data.count } else { 0 }
  }
}
