import MartletAPI
import MartletCore
import MartletProtobuf
import MartletStore

/// What attempts saved for the next one.
extension Node {
  /// The newest checkpoints of tasks: from the newest segments in memory, else from the index.
  /// Those that are no longer kept are left out.
  func checkpoints(
    _ marks: [(task: TaskID, mark: CheckpointMark)]
  ) async throws(StoreFailure) -> [TaskID: Checkpoint] {
    guard let newest = marks.map(\.mark.revision).max() else { return [:] }
    if newest > durableRevision { _ = await waitDurable(newest) }
    var found: [TaskID: Checkpoint] = [:]
    var missing: [TaskID] = []
    for (task, mark) in marks {
      if let segment = feed.segment(holding: mark.revision),
        let checkpoint = Checkpoint(of: task, in: segment, at: mark.revision)
      {
        found[task] = checkpoint
      } else {
        missing.append(task)
      }
    }
    if missing.isEmpty { return found }
    let ids = missing
    let rows = try await read(asOf: newest) { index throws(StoreFailure) in
      try index.savedWork(ids)
    }
    for (task, bytes) in rows {
      guard let checkpoint = try? LogAPI.Checkpoint(protobufBytes: bytes) else {
        throw .corrupted(file: "index.db", reason: "the checkpoint of \(task) is damaged")
      }
      found[task] = checkpoint.value
    }
    return found
  }
}

extension Checkpoint {
  /// From the event that saved it; nil if the segment says something else there.
  fileprivate init?(of task: TaskID, in segment: Segment, at revision: Revision) {
    let index = Int(revision.rawValue - segment.firstRevision.rawValue)
    guard let body = try? segment.body(index), case .task(let event) = body, event.task == task,
      case .checkpointed(let checkpoint) = event.change
    else { return nil }
    self = checkpoint
  }
}
