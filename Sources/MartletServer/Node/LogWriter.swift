import MartletCore
import MartletStore
import Synchronization

/// The log's only writer, on a thread of its own: one segment at a time, durable when `done` is
/// called.
final class LogWriter: Sendable {
  /// What the writer tells whoever drives it, on the writer's thread.
  enum Outcome: Sendable {
    case durable(Segment)
    case failed(StoreFailure)
  }

  private enum Job: Sendable {
    case append(StoredSegment)
    case trim(before: Revision)
    case stop
  }

  private let log: any EventLog
  private let jobs = Monitor<[Job]>([])
  private let flushNanoseconds = Atomic<Int64>(0)
  private let metrics: NodeMetrics
  private let thread: Mutex<SystemThread?> = Mutex(nil)

  init(log: any EventLog, metrics: NodeMetrics) {
    self.log = log
    self.metrics = metrics
  }

  func start(done: @escaping @Sendable (Outcome) -> Void) {
    thread.withLock { $0 = SystemThread.start(name: "log", rank: .relay) { self.run(done) } }
  }

  /// How long the last commit took on its way to the medium.
  var lastFlush: Span { Span(nanoseconds: flushNanoseconds.load(ordering: .relaxed)) }

  func append(_ segment: StoredSegment) { jobs.signal { $0.append(.append(segment)) } }

  /// Deletes old segments between commits.
  func trim(before revision: Revision) { jobs.signal { $0.append(.trim(before: revision)) } }

  /// Returns when everything that was handed over is done.
  func stop() {
    jobs.signal { $0.append(.stop) }
    thread.withLock { $0.take() }?.join()
  }

  private func run(_ done: @Sendable (Outcome) -> Void) {
    while let job = jobs.wait({ $0.isEmpty ? nil : $0.removeFirst() }) {
      switch job {
      case .append(let segment): done(append(now: segment))
      case .trim(let revision): trim(slice: revision, done)
      case .stop: return
      }
    }
  }

  private func append(now segment: StoredSegment) -> Outcome {
    let start = MonotonicTime.now
    do throws(StoreFailure) {
      try log.append(segment)
    } catch {
      return .failed(error)
    }
    let nanoseconds = MonotonicTime.now - start
    flushNanoseconds.store(nanoseconds, ordering: .relaxed)
    metrics.committed(events: segment.count, bytes: segment.bytes.count, in: nanoseconds)
    do throws(Segment.Damage) {
      return .durable(try Segment(segment))
    } catch {
      return .failed(.corrupted(file: "log", reason: error.reason))
    }
  }

  /// One slice; the rest goes behind what is waiting, so that no commit waits for a purge.
  private func trim(slice revision: Revision, _ done: @Sendable (Outcome) -> Void) {
    do throws(StoreFailure) {
      if try !log.trim(before: revision) { trim(before: revision) }
    } catch {
      done(.failed(error))
    }
  }
}
