/// Tasks with a mark that ended lately: those that the index may not have yet. Of the session.
struct EndedMarks: Sendable {
  private var ends: [UniqueMark: [UniqueEnd]] = [:]
  private var marks: [TaskID: (mark: UniqueMark, revision: Revision)] = [:]
  private var order: [(task: TaskID, revision: Revision)] = []
  private var dropped = 0
  /// History at or after this knows all others.
  private(set) var floor: Revision

  init(floor: Revision) { self.floor = floor }

  mutating func note(_ end: UniqueEnd, of mark: UniqueMark, at revision: Revision) {
    forget(end.task)
    ends[mark, default: []].append(end)
    marks[end.task] = (mark, revision)
    order.append((end.task, revision))
  }

  func ends(of mark: UniqueMark) -> [UniqueEnd] { ends[mark] ?? [] }

  /// It was reopened, or is kept no longer.
  mutating func forget(_ task: TaskID) {
    guard let mark = marks.removeValue(forKey: task)?.mark else { return }
    ends[mark]?.removeAll { $0.task == task }
    if ends[mark]?.isEmpty == true { ends[mark] = nil }
  }

  /// Ends are kept until the index has been past them for a while: whoever asks it reads before.
  mutating func forget(applied: Revision) {
    guard applied.rawValue > UInt64(DepartedTasks.slack) else { return }
    let limit = Revision(applied.rawValue - UInt64(DepartedTasks.slack))
    while dropped < order.count, order[dropped].revision <= limit {
      let entry = order[dropped]
      if marks[entry.task]?.revision == entry.revision { forget(entry.task) }
      floor = entry.revision
      dropped += 1
    }
    if dropped > 4_096, dropped * 2 > order.count {
      order.removeFirst(dropped)
      dropped = 0
    }
  }
}
