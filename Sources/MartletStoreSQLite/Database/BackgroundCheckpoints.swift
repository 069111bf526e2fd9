import CSQLite
import Dispatch
import MartletStore
import Synchronization

/// Checkpoints of a database whose writer must not wait for them.
///
/// A checkpoint on another thread never catches up with a writer that does not pause, and only when
/// all is moved does the WAL start anew. So it is moved in the background, in pieces small enough
/// that a commit does not wait long for the disk, and when it is time for a new start the writer
/// moves the little that came meanwhile.
final class BackgroundCheckpoints {
  /// A new piece is moved when the WAL has grown by so many pages.
  private let pieceFrames: Int32
  /// From so many on the WAL is to start anew.
  private let framesMax: Int32
  /// The writer waits for the background when the WAL has so many.
  private let framesLimit: Int32
  private let connection: Connection
  private let worker: Worker
  private let queue = DispatchQueue(label: "martlet.checkpoints")
  /// Pages in the WAL after the last commit; SQLite's hook writes it.
  private let frames: UnsafeMutablePointer<Int32>
  private var framesBefore: Int32 = 0
  private var nextAt: Int32

  /// For the connection of the writer, which must not checkpoint by itself.
  init(
    of connection: Connection, pieceFrames: Int32, framesMax: Int32, _ failure: FirstFailure
  ) throws(StoreFailure) {
    self.connection = connection
    self.pieceFrames = pieceFrames
    self.framesMax = framesMax
    framesLimit = framesMax * 16
    nextAt = pieceFrames
    worker = Worker(try Checkpointer(path: connection.path), failure)
    frames = .allocate(capacity: 1)
    frames.initialize(to: 0)
    connection.withHandle {
      _ = sqlite3_wal_hook(
        $0,
        { frames, _, _, count in
          frames?.assumingMemoryBound(to: Int32.self).pointee = count
          return SQLITE_OK
        }, frames)
    }
  }

  deinit {
    close()
    connection.withHandle { _ = sqlite3_wal_hook($0, nil, nil) }
    frames.deallocate()
  }

  /// To be called by the writer after each commit.
  func afterCommit() throws(StoreFailure) {
    let count = frames.pointee
    if count < framesBefore { nextAt = pieceFrames }
    framesBefore = count
    if count > framesLimit { close() }
    switch worker.phase {
    case .idle:
      guard count >= nextAt else { return }
      worker.phase = .moving
      queue.async { [worker] in worker.move() }
    case .moving:
      return
    case .moved:
      // If a reader is in the way, the WAL goes on for a while.
      if count >= framesMax { try connection.checkpoint() }
      worker.phase = .idle
      nextAt = count + pieceFrames
    }
  }

  /// Waits for a checkpoint that is under way.
  func close() { queue.sync {} }
}

extension BackgroundCheckpoints {
  fileprivate enum Phase {
    case idle
    case moving
    /// It is the writer's turn.
    case moved
  }

  /// What the writer shares with the background.
  fileprivate final class Worker: Sendable {
    private let current = Mutex(Phase.idle)
    private let checkpointer: Mutex<Checkpointer>
    private let failure: FirstFailure

    init(_ checkpointer: sending Checkpointer, _ failure: FirstFailure) {
      self.checkpointer = Mutex(checkpointer)
      self.failure = failure
    }

    var phase: Phase {
      get { current.withLock { $0 } }
      set { current.withLock { $0 = newValue } }
    }

    /// What fails here is thrown by the writer's next call.
    func move() {
      do throws(StoreFailure) {
        try checkpointer.withLock { (checkpointer) throws(StoreFailure) in
          try checkpointer.move()
        }
      } catch {
        failure.note(error)
      }
      phase = .moved
    }
  }
}
