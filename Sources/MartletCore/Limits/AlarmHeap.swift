/// What is to be looked at when: a binary heap, among equals the first that came.
struct AlarmHeap<Subject: Sendable>: Sendable {
  private struct Alarm: Sendable {
    var at: Elapsed
    var number: UInt64
    var subject: Subject

    func precedes(_ other: Alarm) -> Bool { (at, number) < (other.at, other.number) }
  }

  private var alarms: ContiguousArray<Alarm> = []
  private var last: UInt64 = 0

  var isEmpty: Bool { alarms.isEmpty }
  var count: Int { alarms.count }
  var first: Elapsed? { alarms.first?.at }

  mutating func push(_ subject: Subject, at time: Elapsed) {
    last += 1
    push(Alarm(at: time, number: last, subject: subject))
  }

  /// One whose time has come.
  mutating func takeFirst(at now: Elapsed) -> Subject? {
    guard let first = alarms.first, first.at <= now else { return nil }
    guard let last = alarms.popLast(), !alarms.isEmpty else { return first.subject }
    alarms[0] = last
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < alarms.count && alarms[child].precedes(alarms[least]) { least = child }
      guard least != index else { return first.subject }
      alarms.swapAt(index, least)
      index = least
    }
  }

  /// Keeps those that are wanted still.
  mutating func filter(_ isWanted: (Subject) -> Bool) {
    // A sorted array is a heap.
    alarms.sort { $0.precedes($1) }
    alarms = alarms.filter { isWanted($0.subject) }
  }

  private mutating func push(_ alarm: Alarm) {
    alarms.append(alarm)
    var index = alarms.count - 1
    while index > 0, alarms[index].precedes(alarms[(index - 1) / 2]) {
      alarms.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }
}
