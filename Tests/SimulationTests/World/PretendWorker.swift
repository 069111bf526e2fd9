import MartletCore

/// A process that runs tasks for the node, over a stream that breaks at times. It outlives the
/// node's restarts, and dies by itself.
struct PretendWorker {
  /// Of the process; another one after it has died.
  var instance: String
  /// While its stream stands.
  var id: WorkerID?
  var isConnecting = false
  var offers: [Lease] = []
  var running: [Lease: PretendAttempt] = [:]

  var identity: WorkerIdentity { WorkerIdentity(name: "w", instance: instance) }

  /// The same in every run of a seed, which a dictionary's order is not.
  var leases: [Lease] {
    running.keys.sorted { ($0.task, $0.epoch) < ($1.task, $1.epoch) }
  }
}
