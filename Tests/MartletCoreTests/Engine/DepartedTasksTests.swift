import Testing

@testable import MartletCore

@Suite("Departed tasks")
struct DepartedTasksTests {
  private func task(_ number: UInt64) -> TaskID { TaskID(rawValue: number) }

  @Test("history from before a task's end is stale, history from its end on is not")
  func stale() {
    var departed = DepartedTasks()
    departed.note(task(1), at: Revision(10))
    #expect(departed.isStale(task(1), asOf: Revision(9)))
    #expect(!departed.isStale(task(1), asOf: Revision(10)))
    #expect(!departed.isStale(task(2), asOf: Revision(1)))
    departed.note(task(1), at: Revision(20))
    #expect(departed.isStale(task(1), asOf: Revision(19)))
  }

  @Test("an end is forgotten long after the index has it, and older history then counts as stale")
  func forgotten() {
    var departed = DepartedTasks()
    let slack = UInt64(DepartedTasks.slack)
    departed.note(task(1), at: Revision(10))
    departed.note(task(2), at: Revision(11))
    departed.note(task(1), at: Revision(12))
    departed.forget(applied: Revision(slack + 9))
    #expect(!departed.isStale(task(3), asOf: Revision(9)))
    departed.forget(applied: Revision(slack + 11))
    #expect(departed.isStale(task(3), asOf: Revision(10)))
    #expect(!departed.isStale(task(3), asOf: Revision(11)))
    #expect(departed.isStale(task(1), asOf: Revision(11)))
  }

  @Test("ends that the index has had for long take no room")
  func bounded() {
    var departed = DepartedTasks()
    let slack = UInt64(DepartedTasks.slack)
    for number: UInt64 in 1...20_000 { departed.note(task(number), at: Revision(number)) }
    departed.forget(applied: Revision(slack + 20_000))
    #expect(departed.floor == Revision(20_000))
    #expect(!departed.isStale(task(20_000), asOf: Revision(20_000)))
    departed.note(task(1), at: Revision(20_001))
    #expect(departed.isStale(task(1), asOf: Revision(20_000)))
  }
}
