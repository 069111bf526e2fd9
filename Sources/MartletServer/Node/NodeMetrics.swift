import Metrics

/// What a node counts. The names are those that a metrics backend shows.
struct NodeMetrics: Sendable {
  private let commits = Counter(label: "martlet_commits_total")
  private let commitEvents = Recorder(label: "martlet_commit_events")
  private let commitBytes = Recorder(label: "martlet_commit_bytes")
  private let flush = Timer(label: "martlet_flush_seconds")
  private let indexLag = Gauge(label: "martlet_index_lag_events")
  private let indexApply = Timer(label: "martlet_index_apply_seconds")
  private let feedLag = Recorder(label: "martlet_feed_lag_events")
  private let memory = Gauge(label: "martlet_memory_bytes")
  private let memoryIsTight = Gauge(label: "martlet_memory_is_tight")
  private let calls = Counter(label: "martlet_commands_total")

  func committed(events: Int, bytes: Int, in nanoseconds: Int64) {
    commits.increment()
    commitEvents.record(events)
    commitBytes.record(bytes)
    flush.recordNanoseconds(nanoseconds)
  }

  func applied(in nanoseconds: Int64, lag: Int) {
    indexApply.recordNanoseconds(nanoseconds)
    indexLag.record(lag)
  }

  func subscriberBehind(by events: Int) { feedLag.record(events) }

  func holds(memory bytes: Int, isTight: Bool) {
    memory.record(bytes)
    memoryIsTight.record(isTight ? 1 : 0)
  }

  func ran(commands: Int) { calls.increment(by: commands) }
}
