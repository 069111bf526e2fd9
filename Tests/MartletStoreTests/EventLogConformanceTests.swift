import MartletCore
import MartletStore
import Testing

@Suite("Every event log")
struct EventLogConformanceTests {
  @Test("an empty log begins with revision 1", arguments: StoreKind.allCases)
  func emptyBounds(kind: StoreKind) throws {
    let log = try kind.empty().log
    #expect(try log.bounds() == LogBounds(oldest: Revision(1), newest: .zero, byteCount: 0))
    #expect(try log.read(from: Revision(1), bytesMax: 1000) == [])
    #expect(try log.revision(atOrAfter: .seconds(0)) == nil)
    #expect(try log.retention(olderThan: .seconds(9), bytesMax: 0) == Revision(1))
    #expect(try log.trim(before: Revision(5)))
    #expect(throws: StoreFailure.compacted(oldest: Revision(1))) {
      try log.read(from: .zero, bytesMax: 1)
    }
  }

  @Test("segments come back as they were written", arguments: StoreKind.allCases)
  func roundTrip(kind: StoreKind) throws {
    let log = try kind.empty().log
    let segments: [StoredSegment] = [
      .numbered(1, count: 3, byteCount: 10), .numbered(4, byteCount: 0),
      .numbered(5, count: 20_000, byteCount: 300_000), .numbered(20_005, byteCount: 5000),
    ]
    for segment in segments { try log.append(segment) }
    #expect(try log.read(from: Revision(1), bytesMax: .max) == segments)
    #expect(
      try log.bounds()
        == LogBounds(oldest: Revision(1), newest: Revision(20_005), byteCount: 305_010))
  }

  @Test("a read starts with the segment that holds the revision", arguments: StoreKind.allCases)
  func readInside(kind: StoreKind) throws {
    let log = try kind.empty().log
    try log.append(segments: 5, count: 10)
    for revision in 1...50 as ClosedRange<UInt64> {
      let first = (revision - 1) / 10 * 10 + 1
      let found = try log.read(from: Revision(revision), bytesMax: 1)
      #expect(found.map(\.firstRevision) == [Revision(first)])
    }
    #expect(try log.read(from: Revision(51), bytesMax: 1) == [])
    #expect(try log.read(from: Revision(.max), bytesMax: 1) == [])
  }

  @Test("a read gives what fits, and at least one segment", arguments: StoreKind.allCases)
  func readLimits(kind: StoreKind) throws {
    let log = try kind.empty().log
    try log.append(segments: 10, byteCount: 100)
    for (bytesMax, count) in [(0, 1), (99, 1), (199, 1), (200, 2), (550, 5), (5000, 10)] {
      #expect(try log.read(from: Revision(1), bytesMax: bytesMax).count == count)
    }
  }

  @Test("a segment that leaves a gap or overlaps is refused", arguments: StoreKind.allCases)
  func notConsecutive(kind: StoreKind) throws {
    let log = try kind.empty().log
    try log.append(.numbered(1, count: 3))
    for first in [1, 3, 5] as [UInt64] {
      let expected = StoreFailure.notConsecutive(expected: Revision(4), got: Revision(first))
      #expect(throws: expected) { try log.append(.numbered(first)) }
    }
    try log.append(.numbered(4))
    #expect(try log.bounds().newest == Revision(4))
  }

  @Test("a time finds the first segment at or after it", arguments: StoreKind.allCases)
  func byTime(kind: StoreKind) throws {
    let log = try kind.empty().log
    var first: UInt64 = 1
    // Seconds 10, 10, 20, 20, 30, 30 with 1, 2, … events.
    for (count, second) in zip(1..., [10, 10, 20, 20, 30, 30] as [Int64]) {
      try log.append(.numbered(first, count: count, second: second))
      first += UInt64(count)
    }
    for (second, revision) in [(0, 1), (10, 1), (11, 4), (20, 4), (25, 11), (30, 11)] {
      #expect(try log.revision(atOrAfter: .seconds(Int64(second))) == Revision(UInt64(revision)))
    }
    #expect(try log.revision(atOrAfter: .seconds(31)) == nil)
  }

  @Test("retention cuts by age and by size, never the newest", arguments: StoreKind.allCases)
  func retention(kind: StoreKind) throws {
    let log = try kind.empty().log
    try log.append(segments: 10, count: 2, byteCount: 100)  // at second 1, 3, 5, …, 19
    let always = WallTime.seconds(0)
    #expect(try log.retention(olderThan: always, bytesMax: 1000) == Revision(1))
    #expect(try log.retention(olderThan: always, bytesMax: 999) == Revision(3))
    #expect(try log.retention(olderThan: always, bytesMax: 250) == Revision(17))
    #expect(try log.retention(olderThan: always, bytesMax: 0) == Revision(19))
    #expect(try log.retention(olderThan: .seconds(6), bytesMax: 1000) == Revision(7))
    #expect(try log.retention(olderThan: .seconds(7), bytesMax: 200) == Revision(17))
    #expect(try log.retention(olderThan: .seconds(99), bytesMax: 1000) == Revision(19))
  }

  @Test("a trim deletes whole segments only", arguments: StoreKind.allCases)
  func trim(kind: StoreKind) throws {
    let log = try kind.empty().log
    try log.append(segments: 10, count: 3, byteCount: 100)
    while try !log.trim(before: Revision(12)) {}
    #expect(
      try log.bounds() == LogBounds(oldest: Revision(10), newest: Revision(30), byteCount: 700))
    #expect(throws: StoreFailure.compacted(oldest: Revision(10))) {
      try log.read(from: Revision(9), bytesMax: 1)
    }
    #expect(try log.read(from: Revision(10), bytesMax: 1).first?.firstRevision == Revision(10))
    #expect(try log.revision(atOrAfter: .seconds(0)) == Revision(10))
    #expect(try log.retention(olderThan: .seconds(0), bytesMax: 700) == Revision(10))
    while try !log.trim(before: Revision(3)) {}
    #expect(try log.bounds().oldest == Revision(10))
  }

  @Test("a trim leaves the newest segment", arguments: StoreKind.allCases)
  func trimAll(kind: StoreKind) throws {
    let log = try kind.empty().log
    try log.append(segments: 3)
    while try !log.trim(before: Revision(.max)) {}
    #expect(
      try log.bounds() == LogBounds(oldest: Revision(3), newest: Revision(3), byteCount: 100))
    try log.append(.numbered(4))
    #expect(try log.read(from: Revision(3), bytesMax: 1000).count == 2)
  }

  @Test("readers on other threads see every acknowledged segment", arguments: StoreKind.allCases)
  func concurrentReaders(kind: StoreKind) async throws {
    let log = try kind.empty().log
    let last = 300
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<6 {
        group.addTask {
          var next: UInt64 = 1
          while next <= UInt64(last) {
            let acknowledged = try log.bounds().newest
            for segment in try log.read(from: Revision(next), bytesMax: 2000) {
              #expect(segment == .numbered(next))
              next += 1
            }
            if acknowledged >= Revision(next) { continue }
            await Task.yield()
          }
        }
      }
      group.addTask { try log.append(segments: last) }
      try await group.waitForAll()
    }
  }
}
