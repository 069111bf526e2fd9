import MartletAPI
import MartletCore
import MartletProtobuf

/// How the log keeps an event of a task, beside what the segment's table says of it (task, pool,
/// kind). There are millions of them, so what all have is in fixed places:
///
///     change, state before (0: none), state, flags     one byte each
///     attempt, attempts forgiven                       4 bytes each
///     due, due time                                    8 bytes each, nanoseconds
///     finish time, start time, start on the log's clock    8 bytes each, if the flags say so
///     the task's creation, of an event that ends it    8 bytes, if the flags say so
///     martlet.log.v1.TaskRecord                        what few have; nothing if empty
///
/// Numbers are little endian.
enum TaskEventCoding {
  private struct Flags: OptionSet {
    var rawValue: UInt8

    static let finishTime = Flags(rawValue: 1)
    static let startTime = Flags(rawValue: 2)
    static let startElapsed = Flags(rawValue: 4)
    static let reopened = Flags(rawValue: 8)
    /// There are notes, if empty ones.
    static let notes = Flags(rawValue: 16)
    static let record = Flags(rawValue: 32)
    static let createTime = Flags(rawValue: 64)
  }

  // MARK: - Writing

  static func append(_ event: TaskEvent, to bytes: inout [UInt8]) {
    let status = event.status
    let notes = status.notes
    let hasRecord = event.hasRecord
    var flags: Flags = []
    if status.finishTime != nil { flags.insert(.finishTime) }
    if let notes {
      flags.insert(.notes)
      if notes.startTime != nil { flags.insert(.startTime) }
      if notes.startElapsed != nil { flags.insert(.startElapsed) }
      if notes.isReopened { flags.insert(.reopened) }
    }
    if hasRecord { flags.insert(.record) }
    if event.createTime != nil { flags.insert(.createTime) }
    bytes.append(event.change.number)
    bytes.append(event.from?.rawValue ?? 0)
    bytes.append(status.state.rawValue)
    bytes.append(flags.rawValue)
    bytes.appendInteger(status.attempt)
    bytes.appendInteger(status.attemptsForgiven)
    bytes.appendInteger(status.due.nanoseconds)
    bytes.appendInteger(status.dueTime.nanoseconds)
    if let time = status.finishTime { bytes.appendInteger(time.nanoseconds) }
    if let time = notes?.startTime { bytes.appendInteger(time.nanoseconds) }
    if let moment = notes?.startElapsed { bytes.appendInteger(moment.nanoseconds) }
    if let time = event.createTime { bytes.appendInteger(time.nanoseconds) }
    if hasRecord { LogAPI.TaskRecord(event).appendProtobufBytes(to: &bytes) }
  }

  // MARK: - Reading

  /// nil if the bytes make no sense: the log is damaged.
  static func event(
    _ bytes: UnsafeRawBufferPointer, of entry: SegmentFormat.Entry
  ) -> TaskEvent? {
    var reader = Reader(bytes: bytes)
    guard let number: UInt8 = reader.next(), let from: UInt8 = reader.next(),
      let state = reader.next().flatMap(TaskState.init(rawValue:)),
      let flags = reader.next().map(Flags.init(rawValue:)),
      let attempt: UInt32 = reader.next(), let forgiven: UInt32 = reader.next(),
      let due: Int64 = reader.next(), let dueTime: Int64 = reader.next(),
      let finishTime = reader.next(if: flags.contains(.finishTime)),
      let startTime = reader.next(if: flags.contains(.startTime)),
      let startElapsed = reader.next(if: flags.contains(.startElapsed)),
      let createTime = reader.next(if: flags.contains(.createTime))
    else { return nil }
    var record = LogAPI.TaskRecord()
    if flags.contains(.record) {
      guard let read = try? LogAPI.TaskRecord(protobufBytes: reader.rest) else { return nil }
      record = read
    }
    guard let change = record.change(number: number) else { return nil }
    var notes: TaskNotes?
    if flags.contains(.notes) {
      var facts = record.facts
      facts.startTime = startTime.map(WallTime.init(nanoseconds:))
      facts.startElapsed = startElapsed.map(Elapsed.init(nanoseconds:))
      facts.isReopened = flags.contains(.reopened)
      notes = TaskNotes(facts)
    }
    let member = record.member?.value
    let status = TaskStatus(
      state: state, attempt: attempt, attemptsForgiven: forgiven,
      due: Elapsed(nanoseconds: due), dueTime: WallTime(nanoseconds: dueTime),
      finishTime: finishTime.map(WallTime.init(nanoseconds:)), notes: notes)
    return TaskEvent(
      task: TaskID(rawValue: entry.task), pool: PoolID(rawValue: entry.pool),
      kind: KindID(rawValue: entry.kind), labels: LabelSet(records: record.labels),
      from: TaskState(rawValue: from), status: status, change: change, member: member,
      createTime: createTime.map(WallTime.init(nanoseconds:)))
  }

  private struct Reader {
    let bytes: UnsafeRawBufferPointer
    var place = 0

    mutating func next<Value: FixedWidthInteger & BitwiseCopyable>() -> Value? {
      let size = MemoryLayout<Value>.size
      guard place + size <= bytes.count else { return nil }
      defer { place += size }
      return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Value.self))
    }

    /// nil if it should be there and is not; nil inside if it need not be.
    mutating func next(if isThere: Bool) -> Int64?? {
      guard isThere else { return .some(nil) }
      guard let value: Int64 = next() else { return nil }
      return .some(value)
    }

    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[place...]) }
  }
}

extension TaskEvent {
  /// Whether it says more than the fixed places hold.
  fileprivate var hasRecord: Bool {
    if !labels.isEmpty || member != nil { return true }
    if let notes = status.notes,
      notes.progress != nil || notes.failure != nil || notes.cancel != nil
        || notes.assignment != nil || notes.pause != nil || notes.checkpoint != nil
        || notes.priority != nil || notes.joined != nil || notes.waitsFor != nil
        || notes.permits != nil
    {
      return true
    }
    switch change {
    case .submitted, .cancelRequested, .cancelled, .reopened, .checkpointed, .pauseRequested,
      .paused, .resumed, .logged, .updated, .moved:
      return true
    case .succeeded(let result): return !result.data.isEmpty || !result.contentType.isEmpty
    case .due, .started, .progressed, .retryScheduled, .released, .lost, .failed, .unblocked:
      return false
    }
  }
}

extension TaskEvent.Change {
  fileprivate var number: UInt8 {
    let change: LogAPI.TaskChange =
      switch self {
      case .submitted: .submitted
      case .due: .due
      case .started: .started
      case .progressed: .progressed
      case .cancelRequested: .cancelRequested
      case .retryScheduled: .retryScheduled
      case .released: .released
      case .lost: .lost
      case .succeeded: .succeeded
      case .failed: .failed
      case .cancelled: .cancelled
      case .reopened: .reopened
      case .checkpointed: .checkpointed
      case .pauseRequested: .pauseRequested
      case .paused: .paused
      case .resumed: .resumed
      case .logged: .logged
      case .updated: .updated
      case .moved: .moved
      case .unblocked: .unblocked
      }
    return UInt8(truncatingIfNeeded: change.rawValue)
  }
}

extension LogAPI.TaskRecord {
  fileprivate init(_ event: TaskEvent) {
    self.init()
    if !event.labels.isEmpty { labels = event.labels.records }
    member = event.member.map { .init($0) }
    if let notes = event.status.notes {
      progress = notes.progress.map { .init($0) }
      failure = notes.failure.map { .init($0) }
      cancel = notes.cancel.map { .init($0) }
      assignment = notes.assignment.map { .init($0) }
      pause = notes.pause.map { .init($0) }
      checkpointMark = notes.checkpoint.map { .init($0) }
      priorityOverride = notes.priority.map { UInt32($0) }
      joined = notes.joined?.rawValue ?? 0
      waitsFor = notes.waitsFor.map { .init($0) }
      permits = notes.permits.map { .init($0) }
    }
    switch event.change {
    case .submitted(let submission): self.submission = .init(submission)
    case .succeeded(let result):
      if !result.data.isEmpty || !result.contentType.isEmpty { self.result = .init(result) }
    case .cancelRequested(let origin), .cancelled(let origin), .pauseRequested(let origin),
      .paused(let origin), .resumed(let origin):
      self.origin = .init(origin)
    case .checkpointed(let checkpoint): self.checkpoint = .init(checkpoint)
    case .logged(let lines, let dropped):
      logLines = lines.map { .init($0) }
      logLinesDropped = dropped
    case .moved(let pool, let origin):
      fromPool = pool.rawValue
      self.origin = .init(origin)
    case .updated(let priority, let origin):
      self.priority = UInt32(priority)
      self.origin = .init(origin)
    case .reopened(let revival, let origin):
      self.origin = .init(origin)
      self.revival = .init(
        priority: UInt32(revival.priority), policy: .init(revival.policy),
        createTime: revival.createTime.nanoseconds,
        submitRevision: revival.submitRevision.rawValue,
        pastEnd: revival.pastEnd.map { .init($0) },
        unique: revival.unique.map { .init(high: $0.high, low: $0.low) })
    case .due, .started, .progressed, .retryScheduled, .released, .lost, .failed, .unblocked:
      break
    }
  }

  fileprivate func change(number: UInt8) -> TaskEvent.Change? {
    switch LogAPI.TaskChange(rawValue: Int32(number)) {
    case .submitted: submission?.value.map { .submitted($0) }
    case .due: .due
    case .started: .started
    case .progressed: .progressed
    case .cancelRequested: .cancelRequested(origin?.value ?? .server)
    case .retryScheduled: .retryScheduled
    case .released: .released
    case .lost: .lost
    case .succeeded: .succeeded(result?.value ?? TaskResult(data: [], contentType: ""))
    case .failed: .failed
    case .cancelled: .cancelled(origin?.value ?? .server)
    case .reopened: revivalValue.map { .reopened($0, origin?.value ?? .server) }
    case .checkpointed: checkpoint.map { .checkpointed($0.value) }
    case .pauseRequested: .pauseRequested(origin?.value ?? .server)
    case .paused: .paused(origin?.value ?? .server)
    case .resumed: .resumed(origin?.value ?? .server)
    case .logged: .logged(logLines.compactMap(\.value), dropped: logLinesDropped)
    case .moved: .moved(from: PoolID(rawValue: fromPool), origin?.value ?? .server)
    case .updated:
      UInt8(exactly: priority).map { .updated(priority: $0, origin?.value ?? .server) }
    case .unblocked: .unblocked
    case .unspecified, .unrecognized: nil
    }
  }

  /// What of the notes is not in fixed places.
  fileprivate var facts: TaskNotes.Facts {
    var facts = TaskNotes.Facts()
    facts.progress = progress?.value
    facts.failure = failure?.value
    facts.cancel = cancel?.value
    facts.pause = pause?.value
    facts.assignment = assignment?.value
    facts.checkpoint = checkpointMark?.value
    facts.priority = priorityOverride.map { UInt8(truncatingIfNeeded: $0) }
    facts.joined = joined == 0 ? nil : Revision(joined)
    facts.waitsFor = waitsFor?.value
    facts.permits = permits?.value
    return facts
  }

  private var revivalValue: TaskRevival? {
    guard let revival, let policy = revival.policy?.value,
      let priority = UInt8(exactly: revival.priority)
    else { return nil }
    return TaskRevival(
      priority: priority, policy: policy, createTime: WallTime(nanoseconds: revival.createTime),
      submitRevision: Revision(revival.submitRevision),
      unique: revival.unique.map { UniqueMark(high: $0.high, low: $0.low) },
      pastEnd: revival.pastEnd?.value)
  }
}
