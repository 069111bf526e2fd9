@testable import MartletCore
@testable import MartletServer

/// What workers do, and what becomes of their words.
extension Simulation {
  /// One of them does something.
  func workersAct() {
    let number = Int.random(in: 0..<workers.count, using: &random)
    switch Int.random(in: 0..<30, using: &random) {
    case 0: breakStream(of: number)
    case 1: die(number)
    case 2: if let id = workers[number].id { send(.worker(.drain(id))) }
    default: speak(number)
    }
  }

  private func speak(_ number: Int) {
    guard let id = workers[number].id else { return connect(number) }
    if chance(9, of: 10) { accept(number, id) }
    saveWork(of: number)
    finishAttempts(of: number)
    let leases = workers[number].leases
    if chance(2, of: 3), !leases.isEmpty {
      // All of a commit happens at the instant at which it began.
      clients.renewals.append((checker.model.stamp.elapsed, leases))
      send(.worker(.renew(chance(1, of: 2) ? id : nil, leases)))
    }
    if chance(1, of: 2) {
      send(.worker(.credit(id, more: Int.random(in: 0...3, using: &random), seen: nil)))
    }
  }

  private func connect(_ number: Int) {
    guard !workers[number].isConnecting else { return }
    workers[number].isConnecting = true
    workers[number].offers = []
    let kinds: Set = ["rare", "odd"]
    var held = workers[number].leases
    // One has lost its notes of what it runs.
    if chance(1, of: 20), let lost = held.popLast() {
      workers[number].running[lost] = nil
      checker.model.asked.forgotten.insert(lost.token)
    }
    send(
      .worker(
        .connect(
          WorkerHello(
            identity: workers[number].identity, kinds: kinds,
            pools: chance(1, of: 5) ? ["a", "b"] : [],
            labels: chance(1, of: 2) ? LabelSet(["zone": "a"]) : .none, slots: 3, held: held))))
  }

  private func accept(_ number: Int, _ id: WorkerID) {
    let offers = workers[number].offers
    workers[number].offers = []
    guard !offers.isEmpty else { return }
    for lease in offers {
      checker.model.asked.accepts.insert(lease)
      workers[number].running[lease] = PretendAttempt(
        token: lease.token, at: clock.elapsed, random: &random)
    }
    send(.worker(.accept(id, offers)))
  }

  /// Most go on from the newest checkpoint, some from nowhere; some say the same twice.
  private func saveWork(of number: Int) {
    guard let lease = workers[number].leases.randomElement(using: &random) else { return }
    if chance(1, of: 4) {
      let line = LogLine(time: clock.wall, level: .info, text: "line")
      send(.worker(.log(lease, Array(repeating: line, count: chance(1, of: 9) ? 2_000 : 3))))
    }
    guard chance(1, of: 3) else { return }
    let kept = checker.model.tasks[lease.task]?.status.notes?.checkpoint?.sequence ?? 0
    let sequence = chance(1, of: 8) ? UInt64.random(in: 1...3, using: &random) : kept + 1
    let checkpoint = Checkpoint(
      sequence: sequence, data: Array("\(lease.epoch)".utf8), contentType: "")
    checker.model.asked.checkpoints[lease.token, default: []].insert(checkpoint)
    for _ in 0..<(chance(1, of: 5) ? 2 : 1) { send(.worker(.checkpoint(lease, checkpoint))) }
  }

  private func finishAttempts(of number: Int) {
    var ends: [LeaseOutcome] = []
    for lease in workers[number].leases {
      guard let attempt = workers[number].running[lease], attempt.doneAt <= clock.elapsed else {
        continue
      }
      workers[number].running[lease] = nil
      if chance(1, of: 10) {
        let delay = chance(1, of: 2) ? randomDelay() : .zero
        checker.model.asked.releases[lease.token, default: []].insert(delay)
        send(.worker(.release(lease, delay: delay)))
        continue
      }
      checker.model.asked.finishes[lease.token, default: []].append(attempt.outcome)
      ends.append(LeaseOutcome(lease: lease, outcome: attempt.outcome))
      if chance(1, of: 10) { ends.append(LeaseOutcome(lease: lease, outcome: attempt.outcome)) }
    }
    if !ends.isEmpty { send(.worker(.finish(ends))) }
  }

  private func breakStream(of number: Int) {
    guard let id = workers[number].id else { return }
    workers[number].id = nil
    send(.worker(.disconnect(id)))
  }

  private func die(_ number: Int) {
    breakStream(of: number)
    lastInstance += 1
    workers[number] = PretendWorker(instance: "w\(lastInstance)")
  }

  /// The node is gone, and all streams with it.
  func workersLoseStreams() {
    for number in workers.indices {
      workers[number].id = nil
      workers[number].isConnecting = false
      workers[number].offers = []
    }
    clients.renewals = []
  }

  // MARK: - What they hear

  func tellWorkers() {
    for notice in node.pipeline.takeNotices() {
      switch notice {
      case .offer(let offer):
        if let number = workers.firstIndex(where: { $0.id == offer.worker }) {
          workers[number].offers.append(offer.lease)
        }
      case .lost(let id, let lease):
        if let number = workers.firstIndex(where: { $0.id == id }) {
          workers[number].running[lease] = nil
        }
      }
    }
  }

  /// The answer to something that a worker said.
  func heard(_ content: Reply.Content, to command: WorkerCommand) {
    switch (command, content) {
    case (.connect(let hello), .answer(.worker(let welcome))):
      guard
        let number = workers.firstIndex(where: {
          $0.instance == hello.identity.instance && $0.isConnecting
        })
      else { return send(.worker(.disconnect(welcome.worker))) }
      workers[number].isConnecting = false
      workers[number].id = welcome.worker
      for lost in welcome.report.lost { workers[number].running[lost.lease] = nil }
    case (.renew(_, let leases), .answer(.leases(let report))):
      let lost = Set(report.lost.map(\.lease))
      let sent = clients.renewals.firstIndex { $0.leases == leases }
      if let sent {
        let at = clients.renewals.remove(at: sent).at
        for lease in leases where !lost.contains(lease) {
          checker.model.asked.renewed[lease.token] = at
        }
      }
      drop(lost)
    case (.accept, .answer(.leases(let report))):
      drop(Set(report.lost.map(\.lease)))
    default: break
    }
  }

  private func drop(_ leases: Set<Lease>) {
    for number in workers.indices {
      for lease in leases { workers[number].running[lease] = nil }
    }
  }
}
