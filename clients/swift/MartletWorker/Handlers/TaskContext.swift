/// One attempt, as its handler sees it. A value: may be kept and handed on while the attempt runs.
public struct TaskContext: Sendable {
  let attemptInProgress: RunningAttempt

  init(_ attempt: RunningAttempt) { attemptInProgress = attempt }

  private var assign: API.Assign { attemptInProgress.assign }

  /// The task with everything that the server knows of it.
  public var task: API.Task { assign.task ?? API.Task() }
  /// Thirteen characters that name the task.
  public var taskID: String { assign.task?.id ?? "" }
  /// What the task is for; the handler was registered for it.
  public var kind: String { assign.task?.spec?.kind ?? "" }
  /// The pool that the task was submitted to.
  public var pool: String { assign.task?.pool ?? "" }
  /// The number of this attempt, from 1.
  public var attempt: Int { Int(assign.attempt) }
  /// The input, as it was submitted.
  public var payload: [UInt8] { assign.task?.spec?.payload ?? [] }
  /// The media type of `payload`; may be empty.
  public var contentType: String { assign.task?.spec?.contentType ?? "" }
  /// What the submitter labelled the task with.
  public var labels: [String: String] { assign.task?.spec?.labels ?? [:] }
  /// When the attempt will be told to stop, by the server's wall clock.
  public var deadline: WellKnown.Timestamp? { assign.stopTime }
  /// Larger than that of every earlier lease of the task: a database that keeps the largest it has
  /// seen can refuse whoever lost the task and does not know it yet.
  public var fencingEpoch: UInt64 { assign.fencingEpoch }

  /// What the tasks came to that this one depends on, in the order in which it names them; empty
  /// unless its submitter asked for that.
  public var dependencies: [API.DependencyResult] { assign.dependencies }

  /// What was saved last, by this attempt or one before it; nil: nothing yet.
  public var checkpoint: TaskContent? { attemptInProgress.checkpoint }

  /// Why the attempt is to stop; nil while it may go on. Set before its Swift task is cancelled.
  public var stop: TaskStop? { attemptInProgress.stop }

  /// Says how far it is. Costs little: at most one report a second leaves, always the newest, and
  /// the last one before the end is never lost.
  ///
  /// - Parameters:
  ///   - percent: 0 to 100.
  ///   - step: What it does now, at most 255 bytes.
  ///   - counters: Named counts; at most 32.
  public func reportProgress(
    percent: Double? = nil, step: String = "", counters: [String: Int64] = [:]
  ) {
    attemptInProgress.report(
      API.Progress(percent: percent, step: step.cut(bytes: 255), counters: counters))
  }

  /// Saves what the next attempt may go on from, and returns when it is on the server's disk.
  /// Works, and should be used, after the attempt was told to stop as well.
  ///
  /// Throws `CheckpointError`: what is thrown on cancellation elsewhere is not thrown here.
  public func saveCheckpoint(_ content: TaskContent) async throws(CheckpointError) {
    try await attemptInProgress.save(content)
  }

  /// Writes a line for those who follow the task's events. At most 4 KiB; the server takes 100 a
  /// second of an attempt.
  public func log(_ text: String, level: API.LogLevel = .info) {
    attemptInProgress.log(text, level: level)
  }
}

/// Why a checkpoint was not saved.
public enum CheckpointError: Error, Sendable, Equatable {
  /// More than 1 MiB; nothing was sent.
  case tooLarge
  /// The task is no longer this worker's, or the attempt has ended.
  case leaseLost
  /// The server says why not.
  case refused(String)
}

extension String {
  /// At most so many bytes of UTF-8, whole characters.
  func cut(bytes: Int) -> String {
    guard utf8.count > bytes else { return self }
    var end = utf8.index(startIndex, offsetBy: bytes)
    while end > startIndex, end.samePosition(in: unicodeScalars) == nil {
      end = utf8.index(before: end)
    }
    return String(self[..<end])
  }
}
