internal import MartletWorker
internal import Synchronization

/// Tells people at the terminal how a worker fares with its server; what becomes of tasks, they see
/// there.
final class WorkerRemarks: WorkerObserver {
  private let session: Session
  private let what: String
  private let isTold = Mutex(false)

  init(_ session: Session, what: String) {
    self.session = session
    self.what = what
  }

  func streamOpened(workerID: String) {
    isTold.withLock { $0 = false }
    session.remark("martlet: worker \(workerID) serves \(what)")
  }

  /// Said once, however often it is tried.
  func streamLost(_ error: MartletError, retryIn delay: Duration) {
    let wasTold = isTold.withLock { isTold in
      defer { isTold = true }
      return isTold
    }
    guard !wasTold else { return }
    session.remark("martlet: \(error.summary.lowercasedFirst); trying again until it is there.")
  }
}
