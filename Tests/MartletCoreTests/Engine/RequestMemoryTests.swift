import MartletCore
import Testing

@Suite("Request memory")
struct RequestMemoryTests {
  private func note(
    _ memory: inout RequestMemory, _ number: UInt64, revision: UInt64, seconds: Int64 = 0
  ) {
    let stamp = RequestStamp(id: "", key: .init(high: 0, low: number), fingerprint: 1)
    memory.note(
      stamp, task: TaskID(rawValue: revision), revision: Revision(revision),
      time: WallTime(nanoseconds: seconds * 1_000_000_000))
  }

  private func key(_ number: UInt64) -> RememberedRequest.Key { .init(high: 0, low: number) }

  @Test("the tasks of one batch are one entry, in order")
  func batch() {
    var memory = RequestMemory(completeAfter: .zero)
    for revision: UInt64 in 5...7 { note(&memory, 1, revision: revision) }
    #expect(memory.count == 1)
    #expect(memory[key(1)]?.tasks.map(\.rawValue) == [5, 6, 7])
    #expect(memory[key(1)]?.revision == Revision(5))
  }

  @Test(
    "the oldest go first, none before the index has them, and it says from where on it is whole")
  func shrinks() {
    var memory = RequestMemory(completeAfter: .zero)
    for number: UInt64 in 1...10 { note(&memory, number, revision: number) }
    memory.shrink(bytesMax: 192 * 4, applied: Revision(3))
    #expect(memory.count == 7 && memory[key(3)] == nil && memory[key(4)] != nil)
    #expect(memory.completeAfter == Revision(3))
    memory.shrink(bytesMax: 192 * 4, applied: Revision(10))
    #expect(memory.count == 4 && memory[key(7)] != nil)
    #expect(memory.completeAfter == Revision(6))
    memory.shrink(bytesMax: 0, applied: Revision(10))
    #expect(memory.count == 0)
  }

  @Test("an id that is used again a day later is one entry and counts once")
  func usedAgain() {
    var memory = RequestMemory(completeAfter: .zero)
    for round: UInt64 in 1...100 {
      note(&memory, 1, revision: round, seconds: Int64(round) * 90_000)
    }
    note(&memory, 2, revision: 101)
    memory.shrink(bytesMax: 192 * 2, applied: Revision(101))
    #expect(memory.count == 2)
    #expect(memory[key(1)]?.tasks == [AnsweredTask(TaskID(rawValue: 100))])
  }

  @Test("thousands of ids that come and go leave only the newest")
  func many() {
    var memory = RequestMemory(completeAfter: .zero)
    for number: UInt64 in 1...5_000 {
      note(&memory, number, revision: number)
      memory.shrink(bytesMax: 192 * 10, applied: Revision(number))
    }
    #expect(memory.count == 10 && memory[key(4_991)] != nil && memory[key(4_990)] == nil)
  }
}
