/// What a worker decides: whom to accept, what to say and when, what to tell handlers. Pure: it is
/// told what happened and the time since its start, and says what it wants done.
///
/// A lease is held from its assignment until its end is acknowledged, over any number of streams.
struct WorkerSession {
  /// How far a worker is on its way out.
  enum Course: Equatable {
    case serving
    /// Takes nothing more and lets handlers run, until a time if there is one.
    case draining(until: Duration?)
    /// Handlers were told to stop.
    case stopping(until: Duration)
    /// No handler counts any more: the last words are acknowledged, or not.
    case leaving(until: Duration)
  }

  enum Stream: Equatable {
    case none
    /// Hello was said.
    case greeting
    case open
  }

  let hello: API.WorkerHello
  let limits: WorkerLimits

  var course = Course.serving
  var stream = Stream.none
  /// By lease.
  var leases: [String: HeldLease] = [:]
  /// Handlers that run, also those that count for nothing.
  var occupiedSlots = 0
  var keptBytes = 0

  // MARK: Of the stream
  /// Assigns that came on it.
  var received: UInt64 = 0
  var toldCredit: (more: Int, received: UInt64)?
  var isDrainTold = false
  var saidAt = Duration.zero
  var heardAt = Duration.zero
  var beatInterval: Duration
  var nextBeat = Duration.zero
  var pingNumber: UInt64 = 0
  var pongs: [UInt64] = []
  var accepts: [String] = []
  /// Leases that have something to say, in the order in which they had it.
  var speaking: [String] = []
  /// Leases whose progress or log lines wait for their time.
  var deferred: Set<String> = []
  /// Streams in a row that ended without a welcome.
  var failures = 0

  init(hello: API.WorkerHello, limits: WorkerLimits = WorkerLimits()) {
    self.hello = hello
    self.limits = limits
    beatInterval = limits.beatInterval
  }

  // MARK: - Streams

  /// A stream has been opened: the first message on it.
  mutating func streamOpened(at now: Duration) -> API.WorkRequest {
    stream = .greeting
    received = 0
    toldCredit = nil
    isDrainTold = false
    saidAt = now
    heardAt = now
    pongs = []
    accepts = []
    speaking = []
    deferred = []
    for lease in leases.keys { leases[lease]?.streamLost() }
    var hello = hello
    hello.heldLeases = leases.filter { $0.value.phase != .lost }.keys.sorted()
    return API.WorkRequest(hello: hello)
  }

  /// The number of streams in a row that have failed, this one included; 0: it had been welcomed.
  mutating func streamEnded() -> Int {
    failures = stream == .open ? 0 : failures + 1
    stream = .none
    return failures
  }

  mutating func received(_ response: API.WorkResponse, at now: Duration) -> [SessionEffect] {
    heardAt = now
    var effects: [SessionEffect] = []
    if let welcome = response.welcome { take(welcome, at: now, &effects) }
    for assign in response.assigns { take(assign, at: now, &effects) }
    for directive in response.directives { take(directive, &effects) }
    for ack in response.acks { take(ack, &effects) }
    if let ping = response.ping { pongs.append(ping) }
    leaveIfDone(at: now)
    return effects
  }

  private mutating func take(
    _ welcome: API.WorkerWelcome, at now: Duration, _ effects: inout [SessionEffect]
  ) {
    stream = .open
    failures = 0
    if let interval = welcome.beatInterval?.duration, interval > .zero {
      beatInterval = interval
    }
    nextBeat = now + beatInterval
    let kept = Set(welcome.keptLeases)
    for lease in leases.keys.sorted() {
      guard let held = leases[lease] else { continue }
      switch held.phase {
      case .running where !kept.contains(lease): lose(lease, &effects)
      case .released where !kept.contains(lease): settle(lease, isAccepted: false, &effects)
      // A finish that was taken before the stream broke is acknowledged when it is repeated.
      case .running, .finished, .released: queue(lease)
      case .lost: break
      }
    }
  }

  private mutating func take(
    _ assign: API.Assign, at now: Duration, _ effects: inout [SessionEffect]
  ) {
    received += 1
    guard leases[assign.lease] == nil else { return }
    accepts.append(assign.lease)
    leases[assign.lease] = HeldLease(
      kind: assign.task?.spec?.kind ?? "", sequence: assign.checkpoint?.sequence ?? 0, at: now)
    if course == .serving {
      occupiedSlots += 1
      effects.append(.start(assign))
    } else {
      // It was on its way when the worker began to leave: given back, it costs no attempt.
      leases[assign.lease]?.phase = .released()
      queue(assign.lease)
    }
  }

  // MARK: - Directives and acknowledgements

  private mutating func take(_ directive: API.Directive, _ effects: inout [SessionEffect]) {
    guard let held = leases[directive.lease] else { return }
    let grace = directive.grace?.duration ?? .zero
    switch directive.kind {
    case .cancel: stop(directive.lease, TaskStop(.cancelled, directive.reason, grace), &effects)
    case .pause: stop(directive.lease, TaskStop(.paused, directive.reason, grace), &effects)
    // What has been finished has an acknowledgement coming, whatever it says.
    case .lost where held.isRunning: lose(directive.lease, &effects)
    case .lost, .unspecified, .unrecognized: break
    }
  }

  /// The first word counts: a handler that stops for one reason does not stop for another.
  mutating func stop(_ lease: String, _ stop: TaskStop, _ effects: inout [SessionEffect]) {
    guard let held = leases[lease], held.isRunning, held.stop == nil else { return }
    leases[lease]?.stop = stop
    effects.append(.stop(lease: lease, stop))
  }

  private mutating func lose(_ lease: String, _ effects: inout [SessionEffect]) {
    guard let held = leases[lease], held.isRunning else { return }
    let stop = TaskStop(.lost, "the lease has ended", .zero)
    leases[lease]?.phase = .lost
    leases[lease]?.stop = stop
    effects.append(.stop(lease: lease, stop))
    effects.append(.checkpointSettled(lease: lease, upTo: held.sequence, .lost))
  }

  private mutating func take(_ ack: API.Ack, _ effects: inout [SessionEffect]) {
    guard let held = leases[ack.lease] else { return }
    let isLost = !ack.accepted && ack.problem.isEmpty
    if ack.checkpointSequence != 0 {
      take(ack, ofCheckpoint: ack.checkpointSequence, isLost, &effects)
      return
    }
    switch held.phase {
    case .running: if isLost { lose(ack.lease, &effects) }
    case .lost: break
    case .released: settle(ack.lease, isAccepted: ack.accepted, &effects)
    case .finished(.result) where !ack.accepted && !isLost:
      // The lease still holds, and the server does not take the result: that is a failure.
      change(ack.lease) { held in
        held.isEndSaid = false
        held.phase = .finished(
          .failure(
            API.WorkerFailure(
              code: "INVALID_RESULT", message: ack.problem.cut(bytes: 4_096), nonRetryable: true)))
      }
      queue(ack.lease)
    case .finished: settle(ack.lease, isAccepted: ack.accepted, &effects)
    }
  }

  private mutating func take(
    _ ack: API.Ack, ofCheckpoint sequence: UInt64, _ isLost: Bool,
    _ effects: inout [SessionEffect]
  ) {
    if let newest = leases[ack.lease]?.checkpoint, newest.sequence <= sequence {
      leases[ack.lease]?.checkpoint = nil
    }
    let verdict: CheckpointVerdict =
      ack.accepted ? .saved : isLost ? .lost : .refused(ack.problem)
    effects.append(.checkpointSettled(lease: ack.lease, upTo: sequence, verdict))
    if isLost { lose(ack.lease, &effects) }
  }

  /// Nothing more is to be said of the lease.
  private mutating func settle(
    _ lease: String, isAccepted: Bool, _ effects: inout [SessionEffect]
  ) {
    guard let held = leases.removeValue(forKey: lease) else { return }
    keptBytes -= held.keptBytes
    if held.checkpoint != nil {
      effects.append(.checkpointSettled(lease: lease, upTo: held.sequence, .lost))
    }
    effects.append(.endSettled(kind: held.kind, isAccepted: isAccepted))
  }

  // MARK: - Parts

  mutating func change(_ lease: String, _ body: (inout HeldLease) -> Void) {
    guard var held = leases.removeValue(forKey: lease) else { return }
    keptBytes -= held.keptBytes
    body(&held)
    keptBytes += held.keptBytes
    leases[lease] = held
  }

  /// The lease has something to say, now.
  mutating func queue(_ lease: String) {
    guard stream == .open, leases[lease]?.isQueued == false else { return }
    leases[lease]?.isQueued = true
    speaking.append(lease)
  }
}

extension TaskStop {
  init(_ cause: Cause, _ reason: String, _ grace: Duration) {
    self.init(cause, reason: reason, grace: grace)
  }
}
