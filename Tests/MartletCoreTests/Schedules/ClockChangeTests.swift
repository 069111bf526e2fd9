import Testing

@testable import MartletCore

/// The table of docs/schedules.md: Vienna's clocks go forward at 2026-03-29T01:00:00Z (02:00 →
/// 03:00) and back at 2026-10-25T01:00:00Z (03:00 → 02:00).
@Suite("Clocks that change")
struct ClockChangeTests {
  private let zones: TimeZoneTable

  init() throws {
    zones = ["Europe/Vienna": try CronAgreementTests.rules("Europe/Vienna")]
  }

  private func times(
    _ expression: String, after moment: String, _ count: Int, jitter: Span = .zero
  ) throws -> [String] {
    let spec = ScheduleSpec(
      timing: .cron(try CronExpression(parsing: expression), zone: "Europe/Vienna"),
      jitter: jitter, action: ScheduleAction(pool: "p", task: TaskDraft(kind: "k")))
    let times = try #require(ScheduleTimes(name: "s", spec: spec, zones: zones))
    return times.upcoming(after: try WallTime(rfc3339: moment), count: count)
      .map(\.nominal.rfc3339)
  }

  @Test("a time that clocks jump over comes at the first instant after the gap")
  func gap() throws {
    #expect(
      try times("30 2 * * *", after: "2026-03-28T12:00:00Z", 2) == [
        "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z",
      ])
  }

  @Test("several times of one gap come once")
  func gapOnce() throws {
    #expect(
      try times("0,30 2-3 * * *", after: "2026-03-28T12:00:00Z", 3) == [
        "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:00:00Z",
      ])
    #expect(
      try times("* * 2 * * *", after: "2026-03-28T12:00:00Z", 2) == [
        "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z",
      ])
  }

  @Test("a time that clocks show twice comes once, the first time")
  func overlap() throws {
    #expect(
      try times("30 2 * * *", after: "2026-10-24T12:00:00Z", 2) == [
        "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z",
      ])
    #expect(
      try times("0,30 2-3 * * *", after: "2026-10-24T12:00:00Z", 3) == [
        "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z",
      ])
    #expect(
      try times("30 2 * * *", after: "2026-10-25T01:10:00Z", 1) == ["2026-10-26T01:30:00Z"])
  }

  @Test("an expression of every hour keeps its rhythm")
  func everyHour() throws {
    #expect(
      try times("30 * * * *", after: "2026-03-29T00:00:00Z", 3) == [
        "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z",
      ])
    #expect(
      try times("30 * * * *", after: "2026-10-24T23:45:00Z", 3) == [
        "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z",
      ])
  }

  @Test("a day that an island left out makes up for its times at the next one's begin")
  func lostDay() throws {
    let rules = try CronAgreementTests.rules("Pacific/Apia")
    let spec = ScheduleSpec(
      timing: .cron(try CronExpression(parsing: "0 12 * * *"), zone: "Pacific/Apia"),
      action: ScheduleAction(pool: "p", task: TaskDraft(kind: "k")))
    let times = try #require(ScheduleTimes(name: "s", spec: spec, zones: ["Pacific/Apia": rules]))
    let found = times.upcoming(after: try WallTime(rfc3339: "2011-12-29T23:00:00Z"), count: 2)
    // 2011-12-30 was left out: clocks went from the 29th to the 31st at 10:00 UTC of the 30th.
    #expect(
      found.map(\.nominal.rfc3339) == ["2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"])
  }

  @Test("the last line of a zone's file rules for ever")
  func footer() throws {
    #expect(
      try times("0 12 1 1,7 *", after: "2199-06-01T00:00:00Z", 2) == [
        "2199-07-01T10:00:00Z", "2200-01-01T11:00:00Z",
      ])
  }

  @Test(
    "rules as POSIX writes them",
    arguments: [
      ("UTC0", 0, 0), ("CET-1CEST,M3.5.0,M10.5.0/3", 3_600, 7_200),
      ("EST5EDT,M3.2.0,M11.1.0", -18_000, -14_400), ("<+0545>-5:45", 20_700, 20_700),
      ("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", -10_800, -7_200),
      ("IST-1GMT0,M10.5.0,M3.5.0/1", 0, 3_600), ("XXX3YYY,J60/0,J300/0", -10_800, -7_200),
      ("XXX3YYY,59/0,299/0", -10_800, -7_200),
    ])
  func posix(text: String, winter: Int64, summer: Int64) throws {
    let rule = try #require(PosixZoneRule(parsing: text))
    let january = CivilDate(year: 2030, month: 1, day: 15).daysSince1970 * 86_400
    let july = CivilDate(year: 2030, month: 7, day: 15).daysSince1970 * 86_400
    #expect(rule.period(at: january).offset == winter)
    #expect(rule.period(at: july).offset == summer)
  }

  @Test(
    "what is no rule is refused",
    arguments: [
      "", "X1", "CET", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0", "CET-25",
      "CET-1CEST,M3.5.0,M10.5.0/3x", "<>0",
    ])
  func noRule(text: String) {
    #expect(PosixZoneRule(parsing: text) == nil)
  }

  @Test("bytes that are no rules of a zone are refused, whatever they are")
  func damage() throws {
    let bytes: [UInt8] = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 100)
    #expect(throws: TimeZoneRules.Damage.self) {
      try TimeZoneRules(name: "X", tzif: bytes, version: "")
    }
    let good = try CronAgreementTests.bytes("Europe/Vienna")
    for count in stride(from: 0, to: good.count, by: 7) {
      #expect(throws: TimeZoneRules.Damage.self) {
        try TimeZoneRules(name: "X", tzif: Array(good.prefix(count)), version: "")
      }
    }
    var random = SeededRandom(seed: 1)
    for _ in 0..<2_000 {
      var spoilt = good
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let place = Int.random(in: spoilt.indices, using: &random)
        spoilt[place] = UInt8.random(in: 0...255, using: &random)
      }
      guard let rules = try? TimeZoneRules(name: "X", tzif: spoilt, version: "") else { continue }
      _ = rules.moment(ofLocal: 1_774_747_800)
    }
  }
}
