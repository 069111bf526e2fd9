import MartletCore

/// How tasks and their attempts end when nobody finishes them, and what follows from that.
extension Model {
  func checkCancel(of task: ModelTask) throws(Violation) {
    guard task.status.state == .running else {
      return try require(
        isCancelAsked(of: task) || pools[task.pool]?.state == .deleting,
        "nobody cancelled \(task.id)")
    }
    guard let cancel = task.status.notes?.cancel else {
      throw Violation(description: "\(task.id) ended CANCELLED and was not asked to stop")
    }
    let isOver =
      asked.finishes[task.token] != nil || asked.releases[task.token] != nil
      || mayBeLost(task) || stamp.elapsed >= cancel.graceEnd
      || stamp.elapsed >= timeout(of: task) || stamp.elapsed >= task.deadline
    try require(isOver, "\(task.id) was cancelled before its grace was over")
  }

  private func timeout(of task: ModelTask) -> Elapsed {
    (task.status.notes?.startElapsed ?? .never) + task.submission.policy.runTimeout
  }

  func checkFailure(_ event: TaskEvent, of task: ModelTask) throws(Violation) {
    guard let failure = event.status.notes?.failure else {
      throw Violation(description: "\(task.id) failed of nothing")
    }
    try require(task.status.notes?.cancel == nil, "cancel was lost")
    switch failure.kind {
    case .runTimeout:
      try require(stamp.elapsed >= timeout(of: task), "\(task.id) timed out too early")
    case .deadline:
      try require(stamp.elapsed >= task.deadline, "\(task.id) failed before its deadline")
      return try require(event.status.state == .failed, "a deadline was repeated")
    case .queueTimeout: return try checkQueueTimeout(event, failure, of: task)
    case .heartbeatTimeout:
      let limit = task.submission.policy.heartbeatTimeout
      try require(
        task.status.state == .running && task.status.notes?.pause == nil
          && limit.map { stamp.elapsed >= heardAt(task) + $0 } ?? false,
        "\(task.id) was not silent for too long")
    case .workerLost:
      try require(mayBeLost(task), "\(task.token) was lost in no crash")
    case .handler:
      try require(
        asked.finishes[task.token]?.contains {
          $0
            == .failed(
              kind: .handler, code: failure.code, message: failure.message,
              retryable: failure.retryable, failureClass: failure.failureClass,
              retryDelay: failure.retryDelay)
        } ?? false, "no handler said that \(task.id) failed so")
    default: throw Violation(description: "\(task.id) failed of \(failure.kind)")
    }
    let policy = task.submission.policy.retry
    let made = Int(task.status.attempt - task.status.attemptsForgiven)
    let mayRetry = failure.retryable && policy.allowsRetry(code: failure.code, attemptsMade: made)
    try require(
      mayRetry == (event.status.state == .scheduled || event.status.state == .paused),
      "\(task.id) after \(made) attempts: \(event.status.state)")
    if event.status.state == .scheduled {
      let wait = event.status.due - stamp.elapsed
      let wished =
        failure.retryDelay ?? pools[task.pool]?.spec.failureClassDelays[failure.failureClass]
      try require(
        wished.map { wait == $0 } ?? (wait >= .zero && wait <= policy.maxBackoff),
        "\(task.id) waits for \(wait.text) after \(failure)")
    }
  }

  /// When a task that is PENDING has waited too long.
  func queueEnd(of task: ModelTask) -> Elapsed {
    task.submission.policy.queueTimeout.map { task.status.due + $0 } ?? .never
  }

  private func checkQueueTimeout(
    _ event: TaskEvent, _ failure: Failure, of task: ModelTask
  ) throws(Violation) {
    try require(
      task.status.state == .pending && stamp.elapsed >= queueEnd(of: task),
      "\(task.id) had not waited too long")
    try require(
      event.status.state == .failed && failure.attempt == 0 && !failure.retryable,
      "a queue timeout of \(task.id) was repeated")
  }
}
