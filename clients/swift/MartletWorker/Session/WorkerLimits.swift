/// The times and sizes that a worker keeps to.
struct WorkerLimits {
  /// Between beats, until the server says how often.
  var beatInterval = Duration.seconds(3)
  /// Something is said at least so often.
  var pingInterval = Duration.seconds(5)
  /// A stream on which the server said nothing for so long is given up.
  var silenceMax = Duration.seconds(20)
  /// Between two reports of one attempt's progress.
  var progressInterval = Duration.seconds(1)
  /// Between two deliveries of one attempt's log lines.
  var logInterval = Duration.milliseconds(100)
  /// Log lines of one attempt that wait; the oldest are dropped beyond it.
  var logLinesMax = 1_000
  /// What the server takes in one beat.
  var logLinesPerBeatMax = 100
  var logBytesPerBeatMax = 60 << 10
  var logLineBytesMax = 4 << 10
  /// Of a result or a checkpoint.
  var contentBytesMax = 1 << 20
  /// A message ends there, or with one lease's content.
  var messageBytesMax = 1 << 20
  /// Results that are not acknowledged; beyond it no more tasks are asked for.
  var keptBytesMax = 64 << 20
  /// How long handlers have that are told to stop because the worker does.
  var stopGrace = Duration.seconds(5)
  /// How long a worker that leaves waits for acknowledgements.
  var leaveLimit = Duration.seconds(5)
}
