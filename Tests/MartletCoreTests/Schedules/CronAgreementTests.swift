import Foundation
import Testing

@testable import MartletCore

/// What croniter, a program of others, makes of 500 expressions in 16 time zones over ten years;
/// see tests/fixtures/cron/make.py.
@Suite("Cron expressions and croniter")
struct CronAgreementTests {
  private static let begin: Int64 = 1_704_067_200
  private static let end: Int64 = 2_019_686_400
  private static let allMax = 1_000
  private static let windows: Int64 = 12
  private static let window = 60
  private static let day: Int64 = 86_400

  /// Where the fixture is, also if this folder is reached by a symbolic link.
  private static var folder: String {
    URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent("../../../tests/fixtures/cron").standardized.path
  }

  private static func lines(_ kind: String) -> [[String]] {
    let text = (try? String(contentsOfFile: folder + "/cases.tsv", encoding: .utf8)) ?? ""
    return text.split(separator: "\n")
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
      .filter { $0.first == kind }
  }

  static func bytes(_ zone: String) throws -> [UInt8] {
    let file = folder + "/zones/" + zone.replacingOccurrences(of: "/", with: "_") + ".tzif"
    return Array(try Data(contentsOf: URL(fileURLWithPath: file)))
  }

  static func rules(_ zone: String) throws -> TimeZoneRules {
    try TimeZoneRules(name: zone, tzif: bytes(zone), version: "2025b")
  }

  @Test("clocks change when Python's zoneinfo says they do")
  func changes() throws {
    let zones = Self.lines("zone")
    #expect(zones.count == 16)
    for line in zones {
      let rules = try Self.rules(line[1])
      var found: [Int64] = []
      var period = rules.period(at: Self.begin - Self.day)
      while period.end < Self.end + 2 * Self.day {
        found.append(period.end)
        period = rules.period(at: period.end)
      }
      #expect(found == line[2].split(separator: ",").compactMap { Int64($0) }, "\(line[1])")
    }
  }

  @Test("500 expressions fire when croniter says they do")
  func agreement() throws {
    var near: [String: [Int64]] = [:]
    var zones: TimeZoneTable = [:]
    for line in Self.lines("zone") {
      near[line[1]] = line[2].split(separator: ",").compactMap { Int64($0) }
      zones[line[1]] = try Self.rules(line[1])
    }
    let cases = Self.lines("case")
    #expect(cases.count == 500)
    for line in cases {
      let expected = "\(line[3]) \(line[4])"
      guard let cron = try? CronExpression(parsing: line[1]) else {
        #expect(line[3] == "0", "\(line[1]) cannot be read")
        continue
      }
      let spec = ScheduleSpec(
        timing: .cron(cron, zone: line[2]),
        action: ScheduleAction(pool: "p", task: TaskDraft(kind: "k")))
      let times = try #require(ScheduleTimes(name: "s", spec: spec, zones: zones))
      let found = Self.compared(times, near[line[2]] ?? [])
      #expect("\(found.count) \(Self.folded(found))" == expected, "\(line[1]) in \(line[2])")
    }
  }

  private static func compared(_ times: ScheduleTimes, _ near: [Int64]) -> [Int64] {
    let found = seconds(times, from: begin, count: allMax + 1, near)
    if found.count <= allMax { return found }
    return (0..<windows).flatMap { number in
      seconds(
        times, from: begin + number * (end - begin) / windows + number * 12_345, count: window,
        near)
    }
  }

  private static func seconds(
    _ times: ScheduleTimes, from: Int64, count: Int, _ near: [Int64]
  ) -> [Int64] {
    var found: [Int64] = []
    var last = WallTime(nanoseconds: from * 1_000_000_000)
    while found.count < count, let next = times.next(after: last)?.nominal {
      let time = next.nanoseconds / 1_000_000_000
      if time > end { break }
      if !near.contains(where: { abs(time - $0) <= day }) { found.append(time) }
      last = next
    }
    return found
  }

  private static func folded(_ numbers: [Int64]) -> String {
    var value: UInt64 = 0
    for number in numbers {
      value =
        value &* 6_364_136_223_846_793_005 &+ UInt64(number) &+ 1_442_695_040_888_963_407
    }
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
