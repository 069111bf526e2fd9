internal import Glibc

extension MartletWorker {
  /// What most workers leave as it is.
  public struct Configuration: Sendable {
    /// The pools whose tasks it takes; empty: all.
    public var pools: [String] = []
    /// What tasks may select workers by. At most 32.
    public var labels: [String: String] = [:]
    /// How long handlers may run on when the worker is asked to stop.
    public var grace = Duration.seconds(20)
    /// How long handlers then have that are told to stop, until what they run is given back.
    public var stopGrace: Duration {
      get { limits.stopGrace }
      set { limits.stopGrace = newValue }
    }
    /// The delays before it connects again.
    public var backoff = Backoff(maximum: .seconds(5), jitter: 0.5)
    /// Hears what happens: `MetricsWorkerObserver`, or your own.
    public var observer: (any WorkerObserver)?
    /// Names this process to the server, over lost connections. Must be nobody else's.
    public var instance = RequestID.random()

    package var tick = Duration.milliseconds(100)
    var limits = WorkerLimits()
    /// The time of day, of log lines.
    var wallClock: @Sendable () -> WellKnown.Timestamp = Configuration.systemTime

    /// All pools, no labels.
    public init(pools: [String] = [], labels: [String: String] = [:]) {
      self.pools = pools
      self.labels = labels
    }

    @Sendable private static func systemTime() -> WellKnown.Timestamp {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return WellKnown.Timestamp(seconds: Int64(time.tv_sec), nanos: Int32(time.tv_nsec))
    }
  }
}
