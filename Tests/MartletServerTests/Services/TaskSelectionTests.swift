import MartletCore
import Testing

@testable import MartletServer

@Suite("What a filter says of pool, kind and state")
struct TaskSelectionTests {
  let catalog: Catalog

  init() {
    func pool(_ id: UInt32, _ name: String, _ state: PoolState) -> PoolRecord {
      PoolRecord(
        id: PoolID(rawValue: id), name: name,
        spec: PoolSpec(slots: 1, queueCapacity: 1, retry: .default, runTimeout: .seconds(1)),
        state: state, revision: .zero, createTime: WallTime(nanoseconds: 0),
        updateTime: WallTime(nanoseconds: 0))
    }
    var states = Counters.States()
    states[.pending] = 2
    states[.failed] = 3
    catalog = Catalog(
      revision: Revision(9), stamp: Stamp(elapsed: .zero, time: WallTime(nanoseconds: 0)),
      lastTask: TaskID(rawValue: 0), lastPool: PoolID(rawValue: 3),
      pools: [pool(1, "mail", .active), pool(2, "mail", .retired), pool(3, "video", .paused)],
      kinds: ["send", "cut"],
      counts: [
        Counters.Key(pool: PoolID(rawValue: 1), kind: KindID(rawValue: 0)): states,
        Counters.Key(pool: PoolID(rawValue: 2), kind: KindID(rawValue: 0)): states,
        Counters.Key(pool: PoolID(rawValue: 3), kind: KindID(rawValue: 1)): states,
      ], oldestEvent: Revision(1))
  }

  func selection(_ filter: String) throws -> TaskSelection {
    TaskSelection(
      try TaskFilter(parsing: filter), in: catalog, now: WallTime(nanoseconds: 0))
  }

  @Test("is nothing if the filter says nothing")
  func takesAll() throws {
    let all = try selection("")
    #expect(all.pools == nil)
    #expect(all.kinds == nil)
    #expect(all.states == nil)
    #expect(all.isWhole)
    #expect(all.count(in: catalog.counters) == 15)
  }

  @Test("holds all pools of a name, those included that are gone")
  func knowsRetired() throws {
    let mail = try selection("pool = mail")
    #expect(mail.pools == [PoolID(rawValue: 1), PoolID(rawValue: 2)])
    #expect(mail.count(in: catalog.counters) == 10)
    #expect(try selection("pool != mail").pools == [PoolID(rawValue: 3)])
    #expect(try selection("pool = none").pools == [])
    #expect(try selection("pool > mail AND pool != video").pools == [])
  }

  @Test("holds kinds and states")
  func knowsKindsAndStates() throws {
    let cut = try selection("kind = cut AND state = FAILED")
    #expect(cut.kinds == [KindID(rawValue: 1)])
    #expect(cut.states == [.failed])
    #expect(cut.count(in: catalog.counters) == 3)
    #expect(try selection("state != FAILED state != PENDING").states?.count == 6)
  }

  @Test("takes OR, NOT and patterns on one of them as one set")
  func mergesSets() throws {
    let some = try selection("(state = FAILED OR state = PENDING) AND NOT pool = \"m*\"")
    #expect(some.states == [.failed, .pending])
    #expect(some.pools == [PoolID(rawValue: 3)])
    #expect(some.rest.isEmpty)
    #expect(some.count(in: catalog.counters) == 5)
    #expect(try selection("NOT (state = FAILED OR state != FAILED)").states == [])
  }

  @Test("counts what is said of several of them in one OR")
  func countsTrees() throws {
    let some = try selection("pool = video OR (state = FAILED AND kind = send)")
    #expect(some.isWhole)
    #expect(some.pools == nil)
    #expect(some.count(in: catalog.counters) == 11)
    #expect(try !selection("pool = video OR labels:a").isWhole)
  }

  @Test("is not the whole of a filter that says more")
  func seesMore() throws {
    #expect(try !selection("pool = mail AND labels.a:*").isWhole)
    #expect(try !selection("create_time > 2025-01-01T00:00:00Z").isWhole)
  }

  @Test("leaves out what has not finished where the order is by finish time")
  func keepsFinished() throws {
    var failed = try selection("state != SUCCEEDED")
    failed.keepOnlyFinished()
    #expect(failed.states == [.failed, .cancelled])
    #expect(failed.count(in: catalog.counters) == 9)
  }
}
