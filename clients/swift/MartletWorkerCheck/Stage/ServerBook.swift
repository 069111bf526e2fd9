internal import MartletAPI
internal import MartletRPC

/// What the server that is played knows: leases, streams, and which rules it saw broken. Decides
/// what it answers. Pure.
struct ServerBook: Sendable {
  enum LeaseState: Sendable {
    case offered
    case running
    /// A finish or a release was said, and not acknowledged.
    case finished
    case ended
  }

  struct Lease: Sendable {
    var state = LeaseState.offered
    /// The newest that was saved.
    var checkpoint: API.Checkpoint?
    /// Every sequence up to it is taken.
    var sequence: UInt64 = 0
    /// Acknowledged, or told to be lost.
    var isOver: Bool { state == .ended }
    var isHeld: Bool { state == .offered || state == .running }
  }

  /// Credit as it was said, to be judged by what is heard later.
  struct Claim: Sendable {
    var more: Int
    var slots: Int
    /// Slots that were taken for sure.
    var taken: Int
    /// Leases of the hello that may have taken more.
    var unsure: Set<String>
  }

  struct Line: Sendable {
    var claims: [Claim] = []
    var hello: API.WorkerHello?
    /// Leases from the streams before.
    var carried: [String] = []
    /// Leases that were assigned on this one, in order.
    var assigned: [String] = []
    var credit: API.Credit?
    var isDraining = false
    /// The server may still write.
    var isOpen = true
    /// The worker may still write.
    var isHeard = true

    /// How many more tasks the worker takes, those on their way taken off.
    var available: Int {
      guard let credit, !isDraining else { return 0 }
      let unseen = credit.received.map { assigned.count - Int(clamping: $0) } ?? assignedSince
      return Int(credit.more) - unseen
    }
    /// Since the newest credit.
    var assignedSince = 0
  }

  /// A rule of those that are watched all the time, and how it was broken.
  struct Breach: Sendable {
    var rule: Watched
    var line: Int
    var description: String
    /// What happened before it, newest last, each on a line.
    var heard: [String] = []
  }

  /// Rules that every message is held against.
  enum Watched: String, Sendable {
    case helloOnce, creditRange, creditBound, creditReceived, acceptOffered, slots, beatKnown
    case progressRange, checkpointRises, logLimits, acceptFirst, finishWhole, streamSingle
  }

  var policy = ServerPolicy()
  var leases: [String: Lease] = [:]
  var lines: [Int: Line] = [:]
  var breaches: [Breach] = []

  mutating func note(_ rule: Watched, _ line: Int, _ description: String) {
    breaches.append(Breach(rule: rule, line: line, description: description))
  }

  // MARK: - What the worker says

  /// The answer to a message; nothing in it: none.
  mutating func take(_ request: API.WorkRequest, on line: Int) -> API.WorkResponse {
    var answer = API.WorkResponse()
    takeHello(request, line, &answer)
    for accept in request.accepts { take(accept, line, &answer) }
    for beat in request.beats { take(beat, line, &answer) }
    for finish in request.finishes { take(finish, line, &answer) }
    for release in request.releases { end(release.lease, "release", line, &answer) }
    if let credit = request.credit { take(credit, line) }
    if request.draining { lines[line]?.isDraining = true }
    if let ping = request.ping, policy.answersPings { answer.pong = ping }
    return answer
  }

  private mutating func takeHello(
    _ request: API.WorkRequest, _ line: Int, _ answer: inout API.WorkResponse
  ) {
    guard let hello = request.hello else {
      if lines[line]?.hello == nil {
        note(.helloOnce, line, "the first message has no hello")
      }
      return
    }
    guard lines[line]?.hello == nil else {
      return note(.helloOnce, line, "hello came again")
    }
    let held = hello.heldLeases
    let kept = held.filter { lease in
      leases[lease].map { !$0.isOver } == true && !policy.losing.contains(lease)
    }
    lines[line]?.hello = hello
    lines[line]?.carried = kept
    // What it does not name, it has lost.
    for (name, lease) in leases where !lease.isOver && !kept.contains(name) { lose(name) }
    guard case .welcome = policy.reception else { return }
    answer.welcome = API.WorkerWelcome(
      workerId: "w1", leaseLength: WellKnown.Duration(policy.leaseLength),
      beatInterval: WellKnown.Duration(policy.beatInterval), keptLeases: kept,
      lostLeases: held.filter { !kept.contains($0) })
  }

  private mutating func take(
    _ accept: API.Accept, _ line: Int, _ answer: inout API.WorkResponse
  ) {
    guard let lease = leases[accept.lease] else {
      return note(.acceptOffered, line, "\(accept.lease) was never offered")
    }
    if lease.isOver {
      return answer.acks.append(
        API.Ack(lease: accept.lease, accepted: false, currentAttempt: 2))
    }
    guard lease.state == .offered else { return }
    if case .lost = policy.accepts {
      lose(accept.lease)
      return answer.acks.append(
        API.Ack(lease: accept.lease, accepted: false, currentAttempt: 2))
    }
    leases[accept.lease]?.state = .running
    let running = leases.values.count { $0.state == .running }
    if let slots = lines[line]?.hello?.slots, running > Int(slots) {
      note(.slots, line, "\(running) attempts run in \(slots) slots")
    }
  }

  private mutating func take(
    _ finish: API.Finish, _ line: Int, _ answer: inout API.WorkResponse
  ) {
    if let problem = MessageLimits.problem(of: finish) {
      note(.finishWhole, line, "\(finish.lease): \(problem)")
    }
    end(finish.lease, "finish", line, &answer)
  }

  private mutating func end(
    _ name: String, _ what: String, _ line: Int, _ answer: inout API.WorkResponse
  ) {
    guard let lease = leases[name] else {
      return note(.acceptFirst, line, "a \(what) of \(name), which was never offered")
    }
    if lease.state == .offered, what == "finish" {
      note(.acceptFirst, line, "a finish of \(name), which was not accepted before")
    }
    guard !lease.isOver else {
      // An accepted one is accepted again; of a lost one it is known by the scenario.
      return answer.acks.append(API.Ack(lease: name, accepted: !lost.contains(name)))
    }
    leases[name]?.state = .finished
    switch policy.finishes {
    case .hold: break
    case .accept:
      leases[name]?.state = .ended
      answer.acks.append(API.Ack(lease: name, accepted: true))
    case .lost:
      lose(name)
      answer.acks.append(API.Ack(lease: name, accepted: false, currentAttempt: 2))
    case .problem(let problem):
      leases[name]?.state = .running
      answer.acks.append(API.Ack(lease: name, accepted: false, problem: problem))
    }
  }

  /// Leases that were taken away.
  private(set) var lost: Set<String> = []

  mutating func lose(_ lease: String) {
    leases[lease]?.state = .ended
    lost.insert(lease)
  }

  // MARK: - Beats and credit

  private mutating func take(_ beat: API.Beat, _ line: Int, _ answer: inout API.WorkResponse) {
    guard leases[beat.lease] != nil else {
      return note(.beatKnown, line, "a beat for \(beat.lease), which was never offered")
    }
    review(beat.lease, line)
    if let problem = beat.progress.flatMap(MessageLimits.problem(of:)) {
      note(.progressRange, line, "\(beat.lease): \(problem)")
    }
    if let problem = MessageLimits.problem(of: beat.logLines) {
      note(.logLimits, line, "\(beat.lease): \(problem)")
    }
    guard let checkpoint = beat.checkpoint else { return }
    take(checkpoint, beat.lease, line, &answer)
  }

  private mutating func take(
    _ checkpoint: API.Checkpoint, _ name: String, _ line: Int,
    _ answer: inout API.WorkResponse
  ) {
    let taken = leases[name]?.sequence ?? 0
    let isRepeat = checkpoint == leases[name]?.checkpoint
    if checkpoint.sequence <= taken, !isRepeat {
      note(
        .checkpointRises, line,
        "\(name): checkpoint \(checkpoint.sequence) came after \(taken)")
    }
    if checkpoint.data.count > MessageLimits.checkpointBytes {
      note(.checkpointRises, line, "\(name): a checkpoint of \(checkpoint.data.count) bytes")
    }
    leases[name]?.checkpoint = checkpoint
    leases[name]?.sequence = max(taken, checkpoint.sequence)
    var ack = API.Ack(lease: name, checkpointSequence: checkpoint.sequence)
    switch policy.checkpoints {
    case .hold: return
    case .accept: ack.accepted = leases[name]?.isOver == false
    case .lost: ack.currentAttempt = 2
    case .problem(let problem): ack.problem = problem
    }
    answer.acks.append(ack)
  }

  private mutating func take(_ credit: API.Credit, _ line: Int) {
    guard let known = lines[line], let slots = known.hello?.slots else { return }
    let count = known.assigned.count
    let received = credit.received.map { Int(clamping: $0) } ?? count
    if !(0...10_000).contains(credit.more) {
      note(.creditRange, line, "credit of \(credit.more)")
    }
    let before = known.credit?.received.map { Int(clamping: $0) } ?? 0
    if received > count || received < before {
      note(
        .creditReceived, line,
        "received \(received) after \(before), while \(count) assigns were sent")
    }
    // One that was assigned twice takes one slot.
    let held = Set(known.assigned.prefix(received)).filter { leases[$0]?.isHeld == true }
    // What came with the hello may have ended, and its finish be on its way: a beat will tell.
    let unsure = Set(known.carried).subtracting(held).filter { leases[$0]?.isHeld == true }
    let claim = Claim(
      more: Int(credit.more), slots: Int(slots), taken: held.count, unsure: unsure)
    judge(claim, line)
    lines[line]?.claims.append(claim)
    lines[line]?.credit = credit
    lines[line]?.assignedSince = 0
  }

  private mutating func judge(_ claim: Claim, _ line: Int) {
    guard claim.more > max(0, claim.slots - claim.taken) else { return }
    note(
      .creditBound, line,
      "credit of \(claim.more) with \(claim.taken) of \(claim.slots) slots taken")
  }

  /// A beat says that its lease ran when credit was said earlier on the stream.
  private mutating func review(_ lease: String, _ line: Int) {
    for index in lines[line]?.claims.indices ?? 0..<0 {
      guard lines[line]?.claims[index].unsure.remove(lease) != nil else { continue }
      lines[line]?.claims[index].taken += 1
      if let claim = lines[line]?.claims[index] { judge(claim, line) }
    }
  }

  // MARK: - What the server says by itself

  mutating func assign(_ assign: API.Assign, on line: Int) {
    var lease = leases[assign.lease] ?? Lease()
    lease.checkpoint = lease.checkpoint ?? assign.checkpoint
    lease.sequence = max(lease.sequence, assign.checkpoint?.sequence ?? 0)
    leases[assign.lease] = lease
    lines[line]?.assigned.append(assign.lease)
    lines[line]?.assignedSince += 1
  }
}
