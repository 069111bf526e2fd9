import MartletAPI
import MartletCore

extension API.Checkpoint {
  init(_ checkpoint: Checkpoint) {
    self.init(
      data: checkpoint.data, sequence: checkpoint.sequence, contentType: checkpoint.contentType)
  }
}

extension API.Assign {
  init(
    _ offer: Offer, _ submitted: SubmittedTask, checkpoint: Checkpoint?, stopTime: WallTime?
  ) {
    var record = TaskRecord(
      submitted: submitted, poolName: offer.poolName, status: offer.status,
      revision: offer.revision)
    record.submitted.labels = offer.labels
    self.init(
      lease: offer.lease.description, task: API.Task(record, isFull: true),
      attempt: Int32(clamping: offer.lease.attempt), stopTime: stopTime.map { .init($0) },
      fencingEpoch: offer.lease.epoch, checkpoint: checkpoint.map { .init($0) })
  }
}

extension API.Directive {
  init(_ stopping: StoppingLease) {
    self.init(
      lease: stopping.lease.description, kind: stopping.purpose == .cancel ? .cancel : .pause,
      reason: stopping.origin.reason, grace: .init(stopping.grace))
  }

  static func lost(_ lease: Lease, because reason: String? = nil) -> Self {
    .init(
      lease: lease.description, kind: .lost,
      reason: reason ?? "the lease has ended: drop its work")
  }
}

extension API.Ack {
  static func accepted(_ lease: String) -> Self { .init(lease: lease, accepted: true) }

  static func lost(_ lost: LostLease) -> Self {
    .init(
      lease: lost.lease.description, accepted: false,
      currentAttempt: Int32(clamping: lost.attempt))
  }

  static func refused(_ lease: String, _ problem: String) -> Self {
    .init(lease: lease, accepted: false, problem: problem)
  }
}

extension API.Worker {
  init(_ worker: Worker, at now: Elapsed) {
    self.init(
      id: worker.id.description, name: worker.identity.name, instance: worker.identity.instance,
      kinds: worker.kinds.sorted(), pools: worker.pools.sorted(),
      labels: worker.labels.dictionary, slots: Int32(clamping: worker.slots),
      credit: Int32(clamping: worker.credit),
      tasks: worker.tasks.sorted().map(\.description), draining: worker.isDraining,
      connected: worker.isConnected, age: .init(max(now - worker.connectedAt, .zero)),
      silence: .init(max(now - worker.heardAt, .zero)))
  }
}
