extension API.TaskState {
  /// SUCCEEDED, FAILED or CANCELLED: changes only if somebody retries the task.
  public var isTerminal: Bool {
    switch self {
    case .succeeded, .failed, .cancelled: true
    case .unspecified, .blocked, .scheduled, .pending, .running, .paused, .unrecognized: false
    }
  }
}
