import MartletAPI

/// One attempt of the reference worker.
struct Attempt: Sendable {
  /// What the attempt came to, kept until it is acknowledged.
  enum Outcome: Sendable {
    case finish(API.Finish)
    case release
  }

  var spec = API.TaskSpec()
  var task: Task<Void, Never>?
  var outcome: Outcome?
  /// How often that was said.
  var sayings = 0
  var unsaved: API.Checkpoint?
  var start: API.Checkpoint?
  var sequence: UInt64 = 0
  var isPausing = false
  var isCancelled = false
  var isBlocking = false
}

extension ReferenceWorker {
  func takeAssigns(_ assigns: [API.Assign]) {
    received += UInt64(assigns.count)
    for (index, assign) in assigns.enumerated() {
      if has(.acceptsFirstOnly), index > 0 { continue }
      if attempts[assign.lease] != nil, !has(.runsAgain) { continue }
      guard let spec = assign.task?.spec else { continue }
      var attempt = attempts[assign.lease] ?? Attempt()
      attempt.spec = spec
      attempt.start = assign.checkpoint
      attempt.sequence = has(.sequenceBeginsAnew) ? 0 : assign.checkpoint?.sequence ?? 0
      attempt.isBlocking = spec.kind == "check.stubborn"
      order.removeAll { $0 == assign.lease }
      order.append(assign.lease)
      attempts[assign.lease] = attempt
      if has(.abandonsOffer), isDraining {
        say(API.WorkRequest(accepts: [API.Accept(lease: assign.lease)]))
        attempts[assign.lease] = nil
        continue
      }
      start(assign.lease)
    }
  }

  private func start(_ lease: String) {
    if has(.oneAtATime), attempts.contains(where: { $0.key != lease && $0.value.task != nil }) {
      return
    }
    let delay = has(.acceptsLate) ? Duration.milliseconds(2_500) : .zero
    if delay == .zero { sayAccept(lease) }
    // Of now: another run of the same lease (`runsAgain`) changes what the attempt starts with.
    guard let attempt = attempts[lease] else { return }
    attempts[lease]?.task = Task {
      if delay > .zero {
        try? await Task.sleep(for: delay)
        sayAccept(lease)
      }
      if attempts[lease] == nil { return }
      let outcome = await run(attempt.spec, lease, from: attempt.start)
      guard let outcome else { return }
      ended(lease, outcome)
    }
  }

  private func sayAccept(_ lease: String) {
    if has(.doesNotAccept) { return }
    var request = API.WorkRequest(accepts: [API.Accept(lease: lease)])
    if has(.acceptsStranger) { request.accepts.append(API.Accept(lease: "lease-of-nobody")) }
    if has(.helloTwice) {
      request.hello = API.WorkerHello(name: "a", instance: "b", kinds: ["c"], slots: 4)
    }
    say(request)
  }

  private func ended(_ lease: String, _ outcome: API.Finish.OneOf_Outcome?) {
    guard let attempt = attempts[lease] else { return }
    var finish = API.Finish(lease: lease, outcome: outcome)
    if has(.finishEmpty) { finish.outcome = nil }
    let isPaused = attempt.isPausing && Task.isCancelled
    attempts[lease]?.outcome = isPaused ? .release : .finish(finish)
    attempts[lease]?.isBlocking = false
    attempts[lease]?.task = nil
    if isPaused, has(.releasesBeforeSaving), let last = attempt.unsaved ?? attempt.start {
      sayOutcome(lease)
      var late = last
      late.sequence += 1
      say(API.WorkRequest(beats: [API.Beat(lease: lease, checkpoint: late)]))
    }
    sayOutcome(lease)
    if has(.finishTwice) { sayOutcome(lease) }
    if case .failure? = outcome {
      if has(.failureStopsAll) { for other in order where other != lease { drop(other) } }
      if has(.creditNotReturnedAfterFailure) { return }
    }
    sayCredit()
    if has(.oneAtATime), let next = order.first(where: { attempts[$0]?.outcome == nil }) {
      start(next)
    }
  }

  private func sayOutcome(_ lease: String) {
    guard let attempt = attempts[lease], let outcome = attempt.outcome else { return }
    attempts[lease]?.sayings += 1
    if has(.repeatsOnce), attempt.sayings >= 2 { return }
    switch outcome {
    case .finish(let finish): say(API.WorkRequest(finishes: [finish]))
    case .release: say(API.WorkRequest(releases: [API.Release(lease: lease)]))
    }
  }

  /// After a return: what is not acknowledged.
  func repeatAll(of lease: String) {
    guard let attempt = attempts[lease] else { return }
    if let unsaved = attempt.unsaved, !has(.forgetsCheckpoint) {
      say(API.WorkRequest(beats: [API.Beat(lease: lease, checkpoint: unsaved)]))
    }
    if has(.restartsOnReturn), attempt.outcome == nil {
      attempt.task?.cancel()
      start(lease)
    } else {
      sayOutcome(lease)
    }
  }

  func take(_ directive: API.Directive) {
    let lease = directive.lease
    switch directive.kind {
    case .cancel: cancel(lease)
    case .lost: if !has(.ignoresLoss) { drop(lease) }
    case .pause:
      guard !has(.ignoresPause), attempts[lease]?.outcome == nil else { return }
      attempts[lease]?.isPausing = true
      attempts[lease]?.task?.cancel()
    case .unspecified, .unrecognized:
      if has(.cancelsUnknownDirective) { cancel(lease) }
    }
  }

  private func cancel(_ lease: String) {
    if has(.ignoresCancel) { return }
    if has(.cancelsAll) {
      for attempt in attempts.values { attempt.task?.cancel() }
    }
    guard let attempt = attempts[lease] else {
      if has(.answersUnknownCancel) {
        say(API.WorkRequest(releases: [API.Release(lease: lease)]))
      }
      return
    }
    if attempt.outcome != nil, has(.cancelChangesFinish) {
      let failure = API.WorkerFailure(code: "CANCELLED", message: "cancelled")
      attempts[lease]?.outcome = .finish(API.Finish(lease: lease, outcome: .failure(failure)))
      sayOutcome(lease)
    }
    attempts[lease]?.isCancelled = true
    if !has(.cancelsAtBeat) { attempt.task?.cancel() }
  }

  // MARK: - Handlers

  /// Nil: nothing is ever said of it.
  private func run(
    _ spec: API.TaskSpec, _ lease: String, from start: API.Checkpoint?
  ) async -> API.Finish.OneOf_Outcome? {
    let text = String(decoding: spec.payload, as: UTF8.self)
    switch spec.kind {
    case "check.echo":
      if has(.refusesEmpty), spec.payload.isEmpty { return failure("no payload") }
      return .result(
        API.TaskResult(
          data: has(.payloadAsText) ? Array(text.utf8) : spec.payload,
          contentType: has(.noContentType) ? "" : spec.contentType))
    case "check.fail":
      return has(.failureAsResult) ? result(text) : failure(has(.failureWithoutReason) ? "" : text)
    case "check.wait":
      let limit = Int(text).map { Duration.milliseconds($0) } ?? .seconds(600)
      do { try await Task.sleep(for: limit) } catch { return failure("cancelled") }
      return result("waited")
    case "check.stubborn":
      let limit = Duration.milliseconds(Int(text) ?? 0)
      await Task { try? await Task.sleep(for: limit) }.value
      return result("done")
    case "check.steps": return await steps(Int(text) ?? 0, lease, from: start)
    case "check.log":
      let line = API.LogLine(text: text)
      if !has(.noLogLines) {
        say(API.WorkRequest(beats: [API.Beat(lease: lease, logLines: [line])]))
      }
      return result("")
    default: return has(.ignoresUnknownKind) ? nil : failure("a kind that is not served")
    }
  }

  private func steps(
    _ count: Int, _ lease: String, from start: API.Checkpoint?
  ) async -> API.Finish.OneOf_Outcome? {
    var step = start.flatMap { Int(String(decoding: $0.data, as: UTF8.self)) } ?? 0
    if has(.beginsAnew) { step = 0 }
    var made = 0
    while step < count {
      do { try await Task.sleep(for: .milliseconds(50)) } catch { return failure("stopped") }
      step += 1
      made += 1
      report(step, of: count, lease, isFirst: made == 1)
      while attempts[lease]?.unsaved != nil {
        do { try await Task.sleep(for: .milliseconds(5)) } catch { return failure("stopped") }
      }
    }
    return result("\(made)")
  }

  private func report(_ step: Int, of count: Int, _ lease: String, isFirst: Bool) {
    guard attempts[lease] != nil else { return }
    var beat = API.Beat(lease: lease)
    if !has(.noProgress), isFirst || !has(.firstProgressOnly) {
      let percent = 100 * Double(step) / Double(count)
      beat.progress = API.Progress(
        percent: has(.percentTooLarge) ? percent * 10 : percent, step: "step \(step)")
    }
    if !has(.noCheckpoints), isFirst || !has(.stopsUnsaved) {
      let next = has(.sequenceStays) ? 1 : (attempts[lease]?.sequence ?? 0) + 1
      let checkpoint = API.Checkpoint(data: Array("\(step)".utf8), sequence: next)
      attempts[lease]?.sequence = next
      attempts[lease]?.unsaved = checkpoint
      beat.checkpoint = checkpoint
      // What is acknowledged is kept for `releasesBeforeSaving`.
      attempts[lease]?.start = checkpoint
    }
    say(API.WorkRequest(beats: [beat]))
  }

  private func result(_ text: String) -> API.Finish.OneOf_Outcome {
    .result(API.TaskResult(data: Array(text.utf8), contentType: "text/plain"))
  }

  private func failure(_ message: String) -> API.Finish.OneOf_Outcome {
    .failure(API.WorkerFailure(code: "CHECK", message: message))
  }
}
