import MartletAPI
import MartletRPC
import MartletWorkerCheck

/// A worker that keeps every rule, or all but one: its life and its streams. A "process" is an
/// object of this type.
actor ReferenceWorker {
  /// What it waits for: short for tests, and long enough for a machine that is busy with others.
  struct Timing: Sendable {
    var ping = Duration.milliseconds(400)
    var patience = Duration.milliseconds(3_000)
  }

  let flaw: Flaw?
  let timing: Timing
  private let target: String
  private let end: AsyncStream<Int32>.Continuation
  private var instance: String

  static let slots = 4
  var attempts: [String: Attempt] = [:]
  /// Leases in the order of their assigns.
  var order: [String] = []
  var beatInterval = Duration.milliseconds(300)
  var received: UInt64 = 0
  var isDraining = false
  private var outbox: AsyncStream<API.WorkRequest>.Continuation?
  private var isWelcome = false
  private var streams = 0
  private var heard = ContinuousClock.now
  private var spoken = ContinuousClock.now
  private var ended: [String] = []

  init(target: String, flaw: Flaw?, number: Int, end: AsyncStream<Int32>.Continuation) {
    self.target = target
    self.flaw = flaw
    self.timing = Timing()
    self.end = end
    instance = flaw == .instanceFixed ? "always-the-same" : "reference-\(number)"
  }

  func has(_ flaw: Flaw) -> Bool { self.flaw == flaw }

  // MARK: - Life

  func run() async {
    var delay = Duration.milliseconds(50)
    while true {
      let before = streams
      await stream()
      if isDraining, attempts.isEmpty { return exit(0) }
      if Task.isCancelled || has(.doesNotReturn) { return exit(1) }
      if has(.needsServerAtStart), !isWelcome { return exit(1) }
      if isWelcome, streams > before, !has(.slowsDownForGood) { delay = .milliseconds(50) }
      isWelcome = false
      if has(.hammers) { continue }
      try? await Task.sleep(for: delay)
      delay = has(.slowsDownForGood) ? .seconds(20) : min(delay * 2, .seconds(1))
    }
  }

  func terminate() {
    if has(.ignoresTermination) { return }
    if has(.exitsWithOne) { return exit(1) }
    if has(.endsAtOnce) { return exit(0) }
    isDraining = true
    if !has(.doesNotDrain) { say(API.WorkRequest(draining: true)) }
    if has(.stopsUnsaved) {
      for lease in order where attempts[lease]?.outcome == nil {
        attempts[lease]?.isPausing = true
        attempts[lease]?.task?.cancel()
      }
    }
    leaveIfDone()
  }

  func exit(_ status: Int32) {
    for attempt in attempts.values { attempt.task?.cancel() }
    attempts = [:]
    outbox?.finish()
    end.yield(status)
    end.finish()
  }

  func leaveIfDone() {
    guard isDraining, attempts.isEmpty else { return }
    if outbox == nil { exit(0) } else { outbox?.finish() }
  }

  // MARK: - Streams

  private func stream() async {
    guard let channel = try? RPCChannel(target: target) else { return }
    let (messages, outbox) = AsyncStream.makeStream(of: API.WorkRequest.self)
    let responses: ResponseStream<API.WorkResponse> = channel.bidirectional(
      API.WorkerServiceMethods.work
    ) { (writer: RequestWriter<API.WorkRequest>) in
      for await message in messages { try await writer.write(message) }
    }
    self.outbox = outbox
    heard = .now
    received = 0
    greet()
    let extra = has(.doublesStream) ? await second(channel) : nil
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.read(responses) }
      group.addTask { await self.tick() }
      await group.next()
      group.cancelAll()
    }
    extra?.cancel()
    outbox.finish()
    self.outbox = nil
    await channel.close()
    if has(.forgetsFinish) {
      for (lease, attempt) in attempts where attempt.outcome != nil { drop(lease) }
    }
  }

  private func greet() {
    if has(.newInstanceOnReturn) { instance += "x" }
    var held = order.filter { attempts[$0] != nil }
    if has(.holdsNothingOnReturn) { held = [] }
    if has(.doesNotHoldFinish) { held = held.filter { attempts[$0]?.outcome == nil } }
    if has(.holdsAtStart), streams == 0 { held = ["lease-of-before"] }
    if has(.repeatsAcknowledged) || has(.repeatsRefused) { held += ended }
    var kinds = [
      "check.echo", "check.fail", "check.wait", "check.stubborn", "check.steps", "check.log",
    ]
    if has(.kindMissing) { kinds.removeLast() }
    let hello = API.WorkerHello(
      name: has(.nameEmpty) ? "" : "reference", instance: has(.instanceEmpty) ? "" : instance,
      kinds: kinds, slots: has(.noSlots) ? 0 : Int32(Self.slots), heldLeases: held)
    if has(.helloSecond) { say(API.WorkRequest(ping: 1)) }
    say(API.WorkRequest(hello: hello))
    if !has(.creditOnFirstStreamOnly) || streams == 0 { sayCredit() }
    streams += 1
  }

  /// Another stream beside the first one.
  private func second(_ channel: RPCChannel) async -> Task<Void, Never>? {
    let hello = API.WorkerHello(name: "reference", instance: instance, kinds: ["a"], slots: 1)
    return Task {
      let responses: ResponseStream<API.WorkResponse> = channel.bidirectional(
        API.WorkerServiceMethods.work
      ) { (writer: RequestWriter<API.WorkRequest>) in
        try await writer.write(API.WorkRequest(hello: hello))
        try await Task.sleep(for: .seconds(60))
      }
      do { for try await _ in responses {} } catch {}
    }
  }

  private func read(_ responses: ResponseStream<API.WorkResponse>) async {
    do {
      for try await response in responses {
        heard = .now
        take(response)
      }
    } catch {}
  }

  /// Beats, pings, and the end of patience.
  private func tick() async {
    while !Task.isCancelled {
      let interval = has(.beatsAtOwnInterval) ? .milliseconds(300) : beatInterval
      let next = has(.beatsAllTheTime) ? .milliseconds(20) : min(interval, timing.ping / 2)
      let isBeat = has(.beatsAllTheTime) || lastBeat + interval <= .now + .milliseconds(10)
      if isBeat { beat() }
      if spoken + timing.ping <= .now, !has(.noPing) { say(API.WorkRequest(ping: 7)) }
      if heard + timing.patience <= .now, !has(.waitsForEver) { return }
      try? await Task.sleep(for: min(next, max(.milliseconds(10), lastBeat + interval - .now)))
    }
  }

  private var lastBeat = ContinuousClock.now

  private func beat() {
    lastBeat = .now
    if has(.noBeats) || has(.blocks) && attempts.values.contains(where: \.isBlocking) { return }
    var leases = order.filter { attempts[$0].map { $0.outcome == nil } == true }
    if has(.beatsForFirst) { leases = Array(leases.prefix(1)) }
    if has(.beatsForEnded) { leases += ended.filter { !leases.contains($0) } }
    if has(.beatsForStranger) { leases.append("lease-of-nobody") }
    for lease in leases where has(.cancelsAtBeat) && attempts[lease]?.isCancelled == true {
      attempts[lease]?.task?.cancel()
    }
    if has(.beatsOneByOne) {
      for lease in leases { say(API.WorkRequest(beats: [API.Beat(lease: lease)])) }
    } else if !leases.isEmpty {
      say(API.WorkRequest(beats: leases.map { API.Beat(lease: $0) }))
    }
  }

  // MARK: - What is said and heard

  func say(_ request: API.WorkRequest) {
    spoken = .now
    outbox?.yield(request)
  }

  var credit: API.Credit {
    let held = order.count { attempts[$0].map { $0.outcome == nil } == true }
    var more = Int32(max(0, Self.slots - held))
    if has(.creditTooMuch) { more = 12 }
    if has(.creditNegative), more < 4 { more = -1 }
    return API.Credit(more: more, received: has(.receivedTooMuch) ? received + 5 : received)
  }

  func sayCredit() {
    if has(.noCredit) || has(.creditNotReturned) && received > 0 { return }
    say(API.WorkRequest(credit: credit))
  }

  private func take(_ response: API.WorkResponse) {
    if has(.failsOnEmptyMessage), response == API.WorkResponse() { return exit(1) }
    if let welcome = response.welcome { take(welcome) }
    if let ping = response.ping, !has(.noPong), !(has(.noPongWhenBusy) && credit.more == 0) {
      say(API.WorkRequest(pong: ping))
    }
    takeAssigns(response.assigns)
    if has(.readsOneField), !response.assigns.isEmpty { return }
    for directive in response.directives { take(directive) }
    for ack in response.acks { take(ack) }
  }

  private func take(_ welcome: API.WorkerWelcome) {
    isWelcome = true
    if let interval = welcome.beatInterval?.swiftDuration { beatInterval = interval }
    if !has(.ignoresLostInWelcome) {
      for lease in welcome.lostLeases { drop(lease) }
    }
    for lease in order { repeatAll(of: lease) }
    if has(.repeatsAcknowledged) || has(.repeatsRefused) {
      for lease in ended {
        say(API.WorkRequest(finishes: [API.Finish(lease: lease, outcome: .result(.init()))]))
      }
    }
    if isDraining, !has(.doesNotDrain) { say(API.WorkRequest(draining: true)) }
    leaveIfDone()
  }

  private func take(_ ack: API.Ack) {
    guard attempts[ack.lease] != nil else {
      if has(.failsOnUnknownAck), ack.lease == "lease-of-nobody" { exit(1) }
      return
    }
    if !ack.problem.isEmpty, has(.problemStopsAll) {
      for lease in order { drop(lease) }
    }
    if ack.checkpointSequence > 0 {
      if attempts[ack.lease]?.unsaved?.sequence == ack.checkpointSequence {
        attempts[ack.lease]?.unsaved = nil
      }
      return
    }
    if !ack.accepted, attempts[ack.lease]?.outcome == nil, has(.ignoresRefusedAccept) { return }
    let isRefused = !ack.accepted
    if has(.repeatsAcknowledged) || has(.repeatsRefused) && isRefused || has(.beatsForEnded) {
      ended.append(ack.lease)
    }
    drop(ack.lease)
    leaveIfDone()
  }

  /// Nothing more is said of a lease; its slot is free.
  func drop(_ lease: String) {
    guard let attempt = attempts.removeValue(forKey: lease) else { return }
    order.removeAll { $0 == lease }
    attempt.task?.cancel()
    if attempt.outcome == nil, !has(.creditNotReturnedAfterLoss) { sayCredit() }
  }
}
