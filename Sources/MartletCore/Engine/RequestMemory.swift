/// The newest submissions that had a request id. Older ones are rows in the index: who asks for
/// one that is neither here nor surely new brings what the index says.
package struct RequestMemory: Hashable, Sendable {
  private var entries: [RememberedRequest.Key: RememberedRequest] = [:]
  /// Keys by rising revision, for forgetting.
  private var order: [RememberedRequest.Key] = []
  private var forgotten = 0
  private(set) var byteCount = 0
  /// Submissions up to here may be missing.
  package private(set) var completeAfter: Revision

  package init(completeAfter: Revision) { self.completeAfter = completeAfter }

  package subscript(key: RememberedRequest.Key) -> RememberedRequest? { entries[key] }

  package var count: Int { entries.count }

  package mutating func note(
    _ stamp: RequestStamp, task: TaskID, revision: Revision, time: WallTime
  ) {
    let tasks: [AnsweredTask]
    switch stamp.answer {
    case .ownTasks: tasks = [AnsweredTask(task)]
    case .whole(let all): tasks = all
    case .elsewhere: return
    }
    if var known = entries[stamp.key], known.time == time, known.fingerprint == stamp.fingerprint {
      entries[stamp.key] = nil
      known.tasks += tasks
      entries[stamp.key] = known
      byteCount += 8 * tasks.count
      return
    }
    if let old = entries[stamp.key] {
      byteCount -= Self.bytes(of: old)
    } else {
      order.append(stamp.key)
    }
    entries[stamp.key] = RememberedRequest(
      key: stamp.key, fingerprint: stamp.fingerprint, tasks: tasks, revision: revision,
      time: time)
    byteCount += Self.entryBytes + 8 * (tasks.count - 1)
  }

  /// Forgets the oldest entries beyond `bytesMax`, but none after `applied`: the index must know
  /// an entry before it leaves.
  package mutating func shrink(bytesMax: Int, applied: Revision) {
    while byteCount > bytesMax, forgotten < order.count {
      let key = order[forgotten]
      if let entry = entries[key] {
        guard entry.revision <= applied else { break }
        entries[key] = nil
        byteCount -= Self.bytes(of: entry)
        completeAfter = max(completeAfter, entry.revision)
      }
      forgotten += 1
    }
    if forgotten > 1024, forgotten * 2 > order.count {
      order.removeFirst(forgotten)
      forgotten = 0
    }
  }

  private static func bytes(of entry: RememberedRequest) -> Int {
    entryBytes + 8 * (entry.tasks.count - 1)
  }

  /// Measured: key, entry, array of one task and their share of the hash table.
  private static let entryBytes = 192
}
