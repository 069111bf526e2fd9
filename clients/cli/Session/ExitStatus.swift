/// How the program ended, for scripts. Documented in `martlet --help`.
enum ExitStatus: Int32, Error {
  case ok = 0
  /// The task failed or was cancelled; the demo's results were not right.
  case taskFailed = 1
  /// The command or its input is not valid.
  case usage = 2
  /// There is no such pool, task or worker.
  case notFound = 3
  /// The server understood and said no.
  case refused = 4
  case unreachable = 5
  case timedOut = 6
  /// Anything else: a fault here or in the server, a file that cannot be read.
  case other = 7
}
