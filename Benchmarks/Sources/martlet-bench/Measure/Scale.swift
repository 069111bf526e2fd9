/// How much is measured. The short form only shows that every row can be measured.
struct Scale {
  /// How long a load submits.
  var loadTime: Duration
  /// Calls of which a latency is taken, one after the other.
  var latencySamples: Int
  /// Tasks whose start is timed.
  var startSamples: Int
  /// Waiting tasks that may be cancelled while a load runs.
  var cancellable: Int
  /// Old events that a subscriber catches up with.
  var oldEvents: Int
  /// Tasks in the long queue.
  var queued: Int
  var listCalls: Int
  /// Tasks that one operation cancels.
  var bulkTasks: Int
  /// Of a pool under load.
  var resizes: Int
  /// Layers of a workflow, each of 100 tasks.
  var layers: Int
  /// Tasks of the key that floods a pool, and of all others together.
  var fairTasks: Int
  /// How long snapshots are waited for.
  var snapshotTime: Duration
  var pools: Int
  /// Tasks that a worker runs at once until they are stopped.
  var heldTasks: Int
  /// Workers that are connected and do nothing.
  var idleWorkers: Int
  /// Schedules that do nothing.
  var schedules: Int
  /// Schedules that each fire once a second.
  var firingSchedules: Int
  /// Of the worker that is killed.
  var leaseMilliseconds: Int
  /// Times that the disk is flushed before and after each row.
  var flushSamples: Int
  /// Runs of each row that is repeated, of which the median counts.
  var runs: Int

  static let full = Scale(
    loadTime: .seconds(5), latencySamples: 2_000, startSamples: 500, cancellable: 20_000,
    oldEvents: 5_000_000, queued: 1_000_000, listCalls: 1_000, bulkTasks: 100_000,
    resizes: 1_000, layers: 100, fairTasks: 100_000,
    snapshotTime: .seconds(60),
    pools: 200, heldTasks: 1_000, idleWorkers: 1_000, schedules: 100_000, firingSchedules: 1_000,
    leaseMilliseconds: 10_000,
    flushSamples: 200, runs: 3)

  static let short = Scale(
    loadTime: .milliseconds(200), latencySamples: 100, startSamples: 20, cancellable: 1_000,
    oldEvents: 30_000, queued: 10_000, listCalls: 20, bulkTasks: 2_000, resizes: 50, layers: 5,
    fairTasks: 4_000, snapshotTime: .milliseconds(500), pools: 200,
    heldTasks: 20, idleWorkers: 50, schedules: 1_000, firingSchedules: 50, leaseMilliseconds: 1_000,
    flushSamples: 20, runs: 1)
}
