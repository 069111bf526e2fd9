/// What is to be said.
extension WorkerSession {
  /// Slots that are free; none while it leaves, or while too much waits to be acknowledged.
  var freeSlots: Int {
    guard course == .serving, keptBytes < limits.keptBytesMax else { return 0 }
    return max(0, Int(hello.slots) - occupiedSlots)
  }

  /// The server would offer another number of tasks than there are free slots.
  private var isCreditStale: Bool {
    guard let toldCredit else { return true }
    let left = toldCredit.more - Int(clamping: received - toldCredit.received)
    return max(0, left) != freeSlots
  }

  /// There is something to say before any time has passed.
  var hasWords: Bool {
    stream == .open
      && (!accepts.isEmpty || !speaking.isEmpty || !pongs.isEmpty || isCreditStale
        || course != .serving && !isDrainTold)
  }

  /// As much as one message takes of what is to be said now; nil: nothing. Call it until then.
  mutating func takeRequest(at now: Duration) -> API.WorkRequest? {
    guard stream == .open else { return nil }
    let isBeatDue = now >= nextBeat
    guard hasWords || isBeatDue || now - saidAt >= limits.pingInterval else { return nil }
    var request = API.WorkRequest()
    swap(&request.accepts, accepts: &accepts)
    takeWords(into: &request, at: now)
    if isBeatDue { addBeats(to: &request, at: now) }
    if isCreditStale {
      toldCredit = (freeSlots, received)
      request.credit = API.Credit(more: Int32(clamping: freeSlots), received: received)
    }
    if course != .serving, !isDrainTold {
      isDrainTold = true
      request.draining = true
    }
    // One answer says enough: the server wants to know that somebody is there.
    request.pong = pongs.last
    pongs = []
    if now - saidAt >= limits.pingInterval {
      pingNumber += 1
      request.ping = pingNumber
    }
    guard request != API.WorkRequest() else { return nil }
    saidAt = now
    return request
  }

  private func swap(_ request: inout [API.Accept], accepts: inout [String]) {
    request = accepts.map { API.Accept(lease: $0) }
    accepts.removeAll(keepingCapacity: true)
  }

  /// What leases have to say, in order, until the message is full.
  private mutating func takeWords(into request: inout API.WorkRequest, at now: Duration) {
    var bytes = 0
    var taken = 0
    for lease in speaking {
      guard var held = leases[lease] else {
        taken += 1
        continue
      }
      let cost = held.costOfWords
      if bytes > 0, bytes + cost > limits.messageBytesMax { break }
      bytes += cost
      taken += 1
      held.isQueued = false
      takeBeats(of: lease, &held, into: &request, at: now)
      takeEnd(of: lease, &held, into: &request)
      leases[lease] = held
    }
    speaking.removeFirst(taken)
  }

  private mutating func takeBeats(
    of lease: String, _ held: inout HeldLease, into request: inout API.WorkRequest,
    at now: Duration
  ) {
    var beat = API.Beat(lease: lease)
    if let progress = held.progress {
      if held.hasEnded || held.isDue(held.progressSaidAt, limits.progressInterval, at: now) {
        beat.progress = progress
        held.progress = nil
        held.progressSaidAt = now
      } else {
        deferred.insert(lease)
      }
    }
    if let checkpoint = held.checkpoint, !held.isCheckpointSaid {
      beat.checkpoint = checkpoint
      held.isCheckpointSaid = true
    }
    if !held.logLines.isEmpty {
      if held.hasEnded || held.isDue(held.logSaidAt, limits.logInterval, at: now) {
        held.logSaidAt = now
        repeat {
          beat.logLines = held.takeLogLines(limits)
          if !held.logLines.isEmpty {
            request.beats.append(beat)
            beat = API.Beat(lease: lease)
          }
        } while !held.logLines.isEmpty
      } else {
        deferred.insert(lease)
      }
    }
    if beat.progress != nil || beat.checkpoint != nil || !beat.logLines.isEmpty {
      request.beats.append(beat)
    }
  }

  private func takeEnd(
    of lease: String, _ held: inout HeldLease, into request: inout API.WorkRequest
  ) {
    guard !held.isEndSaid else { return }
    switch held.phase {
    case .finished(let outcome):
      request.finishes.append(API.Finish(lease: lease, outcome: outcome))
      held.isEndSaid = true
    case .released(let delay):
      request.releases.append(
        API.Release(lease: lease, delay: delay > .zero ? WellKnown.Duration(delay) : nil))
      held.isEndSaid = true
    case .running, .lost: break
    }
  }

  /// A sign of life of every lease that has none in the message yet.
  private mutating func addBeats(to request: inout API.WorkRequest, at now: Duration) {
    nextBeat = now + beatInterval
    let named = Set(request.beats.map(\.lease))
    for lease in leases.filter({ $0.value.isRunning }).keys.sorted() where !named.contains(lease) {
      request.beats.append(API.Beat(lease: lease))
    }
  }
}

extension HeldLease {
  fileprivate func isDue(_ saidAt: Duration?, _ interval: Duration, at now: Duration) -> Bool {
    saidAt.map { now - $0 >= interval } ?? true
  }

  /// Roughly the bytes of what it has to say.
  fileprivate var costOfWords: Int {
    var cost = 200 + (checkpoint?.data.count ?? 0) + logLines.reduce(0) { $0 + $1.text.utf8.count }
    if !isEndSaid { cost += keptBytes }
    return cost
  }

  /// As many lines as one beat takes, at least one.
  fileprivate mutating func takeLogLines(_ limits: WorkerLimits) -> [API.LogLine] {
    var count = 0
    var bytes = 0
    for line in logLines.prefix(limits.logLinesPerBeatMax) {
      bytes += line.text.utf8.count + 16
      if count > 0, bytes > limits.logBytesPerBeatMax { break }
      count += 1
    }
    defer { logLines.removeFirst(count) }
    return Array(logLines.prefix(count))
  }
}
