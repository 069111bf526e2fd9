internal import Foundation
internal import MartletClient

/// What the feed said about the demo's tasks, event by event.
struct DemoLedger: Sendable {
  enum End: Sendable, Equatable {
    case succeeded(FileDigest)
    case failed(API.Failure)
    case cancelled
    /// It succeeded with a result that is not a digest.
    case unintelligible
  }

  struct Story: Sendable {
    var submitted: WellKnown.Timestamp?
    /// Of the first attempt.
    var firstStarted: WellKnown.Timestamp?
    /// Of the newest attempt.
    var started: WellKnown.Timestamp?
    var finished: WellKnown.Timestamp?
    var end: End?
  }

  private(set) var stories: [String: Story] = [:]
  private(set) var ended = 0
  private(set) var events = 0
  /// Attempts beyond the first of each task.
  private(set) var repeats = 0
  /// Attempts that ended because the process that made them was gone.
  private(set) var lost = 0
  /// Events that came twice, too early, or after the end: there must be none.
  private(set) var faults: [String] = []
  private var newestRevision: UInt64 = 0

  mutating func record(_ event: API.Event) {
    events += 1
    if event.revision <= newestRevision {
      faults.append("event \(event.revision) came after event \(newestRevision)")
    }
    newestRevision = max(newestRevision, event.revision)
    var story = stories[event.taskId] ?? Story()
    if story.end != nil {
      faults.append("event \(event.revision), \(event.type.name), came after the task's end")
    }
    if event.type != .taskSubmitted, story.submitted == nil {
      faults.append("event \(event.revision), \(event.type.name), came before its task")
    }
    record(event, in: &story)
    stories[event.taskId] = story
  }

  private mutating func record(_ event: API.Event, in story: inout Story) {
    switch event.type {
    case .taskSubmitted:
      if story.submitted != nil { faults.append("task \(event.taskId) was submitted twice") }
      story.submitted = event.time
    case .taskStarted:
      story.firstStarted = story.firstStarted ?? event.time
      story.started = event.time
      if event.attempt > 1 { repeats += 1 }
    case .taskLost: lost += 1
    case .taskRetryScheduled: if event.failure?.kind == .workerLost { lost += 1 }
    case .taskSucceeded: end(.init(result: event.result), event, &story)
    case .taskFailed:
      if event.failure?.kind == .workerLost { lost += 1 }
      end(.failed(event.failure ?? API.Failure()), event, &story)
    case .taskCancelled: end(.cancelled, event, &story)
    default: break
    }
  }

  private mutating func end(_ end: End, _ event: API.Event, _ story: inout Story) {
    if story.end == nil { ended += 1 }
    story.end = end
    story.finished = event.time
  }

  /// From submission to the first start, of the tasks that started.
  var queueTimes: [Duration] {
    stories.values.compactMap { story in
      guard let submitted = story.submitted, let started = story.firstStarted else { return nil }
      return started.since(submitted)
    }
  }

  /// From the last start to the end, of the tasks that started.
  var runTimes: [Duration] {
    stories.values.compactMap { story in
      guard let started = story.started, let finished = story.finished else { return nil }
      return finished.since(started)
    }
  }

  /// From the first submission to the last end, by the server's clock.
  var span: Duration? {
    let first = stories.values.compactMap { $0.submitted }.min { $0.since($1) < .zero }
    let last = stories.values.compactMap { $0.finished }.max { $0.since($1) < .zero }
    guard let first, let last else { return nil }
    return last.since(first)
  }
}

extension DemoLedger.End {
  fileprivate init(result: API.TaskResult?) {
    let digest = result.flatMap {
      try? JSONDecoder().decode(FileDigest.self, from: Data($0.data))
    }
    self = digest.map { .succeeded($0) } ?? .unintelligible
  }
}
