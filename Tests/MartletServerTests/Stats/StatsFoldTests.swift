import MartletCore
import MartletStore
import Testing

@testable import MartletServer

@Suite("Statistics, folded")
struct StatsFoldTests {
  private func sum(_ overview: StatsOverview) -> StatsOverview.Group {
    overview.groups[.init()] ?? .init()
  }

  @Test("a look has what is open: seconds in minutes, minutes in hours")
  func open() throws {
    var world = StatsWorld()
    for _ in 0..<10 { world.live(wait: 0.5, run: 20) }
    try world.apply()
    for last: Int64 in [300, 3_600, 100_000, 10_000_000] {
      let all = sum(try world.overview(last: last))
      #expect(all.stats.tally[.succeeded] == 10 && all.stats.runTime.count == 10)
    }
    #expect(sum(try world.overview(last: 30, step: 1)).stats.tally[.succeeded] == 2)
  }

  @Test("three times are measured apart: waiting, running, all of it")
  func times() throws {
    var world = StatsWorld()
    world.live(wait: 2, run: 0.25)
    let task = world.submit()
    world.start(task)
    world.seconds += 1
    world.fail(task, "no", retries: true)
    try world.apply()
    let stats = sum(try world.overview(last: 60)).stats
    #expect(stats.queueWait.maximum == .seconds(2) && stats.queueWait.count == 2)
    #expect(stats.runTime.minimum == .milliseconds(250) && stats.runTime.maximum == .seconds(1))
    #expect(stats.totalTime.count == 1 && stats.totalTime.mean == .milliseconds(2_250))
    #expect(stats.tally[.retried] == 1 && stats.tally.finished == 1)
  }

  @Test(
    "a fold that starts anew goes on as the one before", arguments: 1...20 as ClosedRange<UInt64>)
  func restarts(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var world = StatsWorld()
    var live: [TaskID] = []
    for _ in 0..<200 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0, 1: live.append(world.submit(Bool.random(using: &random) ? "a" : "b"))
      case 2: if let task = live.randomElement(using: &random) { world.start(task) }
      case 3: if !live.isEmpty { world.succeed(live.removeFirst(), counters: ["n": 3]) }
      case 4: if let task = live.popLast() { world.fail(task, "no \(task.rawValue)") }
      case 5: world.seconds += Double.random(in: 0...3, using: &random)
      case 6: if Bool.random(using: &random) { world.seconds += 500 } else { try world.apply() }
      default:
        try world.apply()
        let stats = try world.index.readStats { (reader) throws(StoreFailure) in
          try StatsFold(reader)
        }
        #expect(stats == world.fold.stats)
        world.fold = IndexFold(catalog: world.catalog, stats: stats, turnsKept: 10)
      }
    }
    try world.apply()
    // In one go, from the log alone.
    var whole = IndexFold(catalog: Catalog(), turnsKept: 10)
    for segment in world.segments { whole.apply(segment) }
    let index = MemoryTaskIndex()
    try index.apply(whole.take())
    let rebuilt = try index.readStats { (reader) throws(StoreFailure) in
      var rows: [StatsRow] = []
      for part in StatsPart.allCases {
        for resolution in StatsResolution.allCases {
          rows += try reader.rows(part, resolution, .min..<(.max))
        }
      }
      return rows
    }
    #expect(rebuilt == (try world.rows()))
    #expect(whole.stats == world.fold.stats)
  }

  @Test("beyond so many pairs, the rest is counted together")
  func bound() throws {
    var world = StatsWorld()
    for kind in 0..<StatsFold.pairsMax + 50 { world.live("k\(kind)", wait: 0, run: 0) }
    try world.apply()
    let overview = try world.overview(last: 60, by: .kind)
    let rest = try #require(overview.groups[.init(isOther: true)])
    #expect(rest.stats.tally[.succeeded] == 50 && rest.lifetime.isZero)
    let all = overview.groups.values.reduce(0) { $0 + $1.stats.tally[.succeeded] }
    #expect(all == Int64(StatsFold.pairsMax) + 50)
  }

  @Test("gauges are those of the end of each step, also where nothing happened")
  func gauges() throws {
    var world = StatsWorld()
    let first = world.submit()
    world.seconds += 10
    world.start(first)
    world.seconds += 10
    _ = world.submit()
    world.seconds += 10
    try world.apply()
    let points = sum(try world.overview(last: 30, step: 5)).points
    #expect(points.map(\.gauge.queued) == [1, 1, 0, 0, 1, 1, 1])
    #expect(points.map(\.gauge.running) == [0, 0, 1, 1, 1, 1, 1])
    #expect(points.allSatisfy { $0.slots == 4 })
  }

  @Test("failures that differ in numbers are one group, with its first, last and newest")
  func failures() throws {
    var world = StatsWorld()
    for number in 0..<130 {
      let task = world.submit()
      world.start(task)
      world.seconds += 1
      world.fail(task, code: "io", "row \(number) is bad", retries: number % 2 == 0)
    }
    try world.apply()
    let selection = try StatsSelection(pools: [], kinds: [], in: world.catalog)
    let span = StatsSpan(
      from: StatsWorld.start, to: world.now, step: 60, now: world.now)
    let report = try world.look { (look) throws(StoreFailure) in
      try FailureReport(look, span, selection)
    }
    let entry = try #require(report.entries.first)
    #expect(report.entries.count == 1 && entry.group.mark.pattern == "row # is bad")
    #expect(entry.group.attempts == 130 && entry.group.tasks == 65)
    #expect(entry.group.message == "row 129 is bad" && entry.group.last == world.now)
    #expect(entry.group.first == StatsWorld.start + .seconds(1))
  }
}
