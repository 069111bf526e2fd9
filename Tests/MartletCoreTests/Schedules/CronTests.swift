import Testing

@testable import MartletCore

@Suite("Cron expressions")
struct CronTests {
  /// The next times after 2026-01-01T00:00:00Z, in UTC.
  private func next(_ expression: String, _ count: Int = 3) throws -> [String] {
    let spec = ScheduleSpec(
      timing: .cron(try CronExpression(parsing: expression), zone: "UTC"),
      action: ScheduleAction(pool: "p", task: TaskDraft(kind: "k")))
    let times = try #require(ScheduleTimes(name: "s", spec: spec, zones: [:]))
    return times.upcoming(after: try WallTime(rfc3339: "2026-01-01T00:00:00Z"), count: count)
      .map(\.nominal.rfc3339)
  }

  @Test("five fields are minute, hour, day, month and weekday")
  func five() throws {
    #expect(
      try next("30 2 * * *") == [
        "2026-01-01T02:30:00Z", "2026-01-02T02:30:00Z", "2026-01-03T02:30:00Z",
      ])
  }

  @Test("six fields have the second in front")
  func six() throws {
    #expect(
      try next("*/20 0 0 * * *") == [
        "2026-01-01T00:00:20Z", "2026-01-01T00:00:40Z", "2026-01-02T00:00:00Z",
      ])
  }

  @Test(
    "names, steps, ranges and lists mean what they do elsewhere",
    arguments: [
      ("0 9 * * mon-fri", "2026-01-01T09:00:00Z 2026-01-02T09:00:00Z 2026-01-05T09:00:00Z"),
      ("0 9 * * MON,Wed", "2026-01-05T09:00:00Z 2026-01-07T09:00:00Z 2026-01-12T09:00:00Z"),
      ("0 0 1 jan,jul *", "2026-07-01T00:00:00Z 2027-01-01T00:00:00Z 2027-07-01T00:00:00Z"),
      ("10/20 5 * * *", "2026-01-01T05:10:00Z 2026-01-01T05:30:00Z 2026-01-01T05:50:00Z"),
      ("0 8-18/5 * * *", "2026-01-01T08:00:00Z 2026-01-01T13:00:00Z 2026-01-01T18:00:00Z"),
      ("0 0 L * *", "2026-01-31T00:00:00Z 2026-02-28T00:00:00Z 2026-03-31T00:00:00Z"),
      ("0 0 * * 5#3", "2026-01-16T00:00:00Z 2026-02-20T00:00:00Z 2026-03-20T00:00:00Z"),
      ("0 0 * * 5L", "2026-01-30T00:00:00Z 2026-02-27T00:00:00Z 2026-03-27T00:00:00Z"),
      ("0 0 ? * 7", "2026-01-04T00:00:00Z 2026-01-11T00:00:00Z 2026-01-18T00:00:00Z"),
      ("0 0 * * fri-sun", "2026-01-02T00:00:00Z 2026-01-03T00:00:00Z 2026-01-04T00:00:00Z"),
      ("0 0 29 2 *", "2028-02-29T00:00:00Z 2032-02-29T00:00:00Z 2036-02-29T00:00:00Z"),
      ("@hourly", "2026-01-01T01:00:00Z 2026-01-01T02:00:00Z 2026-01-01T03:00:00Z"),
      ("@daily", "2026-01-02T00:00:00Z 2026-01-03T00:00:00Z 2026-01-04T00:00:00Z"),
      ("@Weekly", "2026-01-04T00:00:00Z 2026-01-11T00:00:00Z 2026-01-18T00:00:00Z"),
      ("@monthly", "2026-02-01T00:00:00Z 2026-03-01T00:00:00Z 2026-04-01T00:00:00Z"),
      ("@yearly", "2027-01-01T00:00:00Z 2028-01-01T00:00:00Z 2029-01-01T00:00:00Z"),
    ])
  func meanings(expression: String, times: String) throws {
    #expect(try next(expression).joined(separator: " ") == times)
  }

  @Test("if both fields of days leave days out, a day of either counts")
  func eitherDay() throws {
    #expect(
      try next("0 0 13 * fri") == [
        "2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z", "2026-01-13T00:00:00Z",
      ])
  }

  @Test(
    "what cannot be read is refused, with the field",
    arguments: [
      ("", "five fields"), ("* * * *", "not 4"), ("* * * * * * *", "not 7"),
      ("60 * * * *", "minute"), ("* 24 * * *", "hour"), ("* * 0 * *", "day of month"),
      ("* * 32 * *", "day of month"), ("* * * 13 *", "month"), ("* * * foo *", "jan to dec"),
      ("* * * * 8", "day of week"), ("*/0 * * * *", "step"), ("*/60 * * * *", "step"),
      ("10-5 * * * *", "go up"), ("1,,2 * * * *", "minute"), ("-1 * * * *", "minute"),
      ("+1 * * * *", "minute"), ("1-2-3 * * * *", "minute"), ("* * * * 1#6", "1 to 5"),
      ("* * * * #1", "day of week"), ("* * l-3 * *", "day of month"), ("@often", "@daily"),
      ("60 * * * * *", "second"), ("1/ * * * *", "step"), ("?  * * * *", "minute"),
    ])
  func refused(expression: String, word: String) {
    let error = #expect(throws: CronError.self) { try CronExpression(parsing: expression) }
    #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
  }

  @Test(
    "one that names no date that there is is refused",
    arguments: ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 0 31 feb *"])
  func never(expression: String) {
    let error = #expect(throws: CronError.self) { try CronExpression(parsing: expression) }
    #expect(error?.message.contains("never fires") == true)
  }

  @Test("a leap day is found also where a century leaves one out")
  func century() throws {
    let cron = try CronExpression(parsing: "0 0 29 2 *")
    let begin = CivilDate(year: 2096, month: 3, day: 1).daysSince1970 * 86_400
    let end = CivilDate(year: 2104, month: 2, day: 29).daysSince1970 * 86_400
    #expect(cron.nextLocal(atOrAfter: begin) == end)
  }
}
