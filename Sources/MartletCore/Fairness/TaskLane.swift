/// Tasks that wait in the order in which they joined.
struct TaskLane: Sendable {
  private(set) var list = TaskList()
  /// Of a long one.
  private(set) var marks: QueueMarks?

  mutating func append(_ place: TaskTable.Place, _ slots: inout TaskSlots) {
    slots.append(place, to: &list)
    if marks != nil {
      marks?.append(place, slots[place].task.joined)
    } else if list.count > QueueMarks.queueTasks {
      setMarks(slots)
    }
  }

  /// Puts it back to where it was.
  mutating func reinsert(_ place: TaskTable.Place, _ slots: inout TaskSlots) {
    slots.reinsert(place, into: &list)
    marks?.insert(place, slots[place].task.joined, before: slots[place].next)
  }

  mutating func remove(_ place: TaskTable.Place, _ slots: inout TaskSlots) {
    let next = slots[place].next
    slots.remove(place, from: &list)
    marks?.remove(place, slots[place].task.joined, before: next)
  }

  /// Takes over the same tasks in another order.
  mutating func replace(_ sorted: TaskList, _ slots: TaskSlots) {
    list = sorted
    marks = nil
    if list.count > QueueMarks.queueTasks { setMarks(slots) }
  }

  private mutating func setMarks(_ slots: TaskSlots) {
    var new = QueueMarks()
    var place = list.head
    while place != TaskTable.nowhere {
      new.append(place, slots[place].task.joined)
      place = slots[place].next
    }
    marks = new
  }
}

extension TaskSlots {
  /// How many tasks of a lane joined it before the revision.
  func count(of lane: TaskLane, before revision: Revision) -> Int {
    var (count, place) = lane.marks?.block(of: revision) ?? (0, lane.list.head)
    while place != TaskTable.nowhere, self[place].task.joined < revision {
      count += 1
      place = self[place].next
    }
    return count
  }
}
