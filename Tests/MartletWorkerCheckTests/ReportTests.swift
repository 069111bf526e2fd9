import Foundation
import MartletWorkerCheck
import Testing

@Suite("The report of a check")
struct ReportTests {
  private func scenario() throws -> Scenario { try #require(Scenario.all.first) }

  @Test("it begins with the version and the plan")
  func head() { #expect(TAPReport.head(count: 3) == "TAP version 14\n1..3\n") }

  @Test("a rule that is kept is one line")
  func ok() throws {
    let text = TAPReport.text(of: ScenarioResult(scenario: try scenario()), number: 7)
    #expect(text == "ok 7 - hello-first: the first message of a stream is hello\n")
  }

  @Test("under a rule that is not kept stands what was expected and heard, and which rule it is")
  func notOK() throws {
    let failure = ScenarioResult.Failure(
      expected: "a \"hello\"\nat once", heard: ["0 ms worker: ping 1\u{1b}[31m", "1 ms \\"],
      output: "Traceback\nNameError")
    let result = ScenarioResult(scenario: try scenario(), failure: failure)
    #expect(
      TAPReport.text(of: result, number: 1) == #"""
        not ok 1 - hello-first: the first message of a stream is hello
          ---
          expected: "a \"hello\"\nat once"
          rule: "docs/workers.md, What a worker keeps to, Hello"
          heard:
            - "0 ms worker: ping 1\x1b[31m"
            - "1 ms \\"
          worker_output:
            - "Traceback"
            - "NameError"
          ...

        """#)
  }

  @Test("a check that cannot go on bails out, on one line")
  func bailOut() {
    #expect(TAPReport.bailOut("no #1\nworker") == "Bail out! no \\#1 worker\n")
  }

  @Test("each rule is a paragraph of docs/workers.md, and has a scenario", arguments: Rule.allCases)
  func paragraphs(_ rule: Rule) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/workers.md")
    let section = try String(contentsOf: file, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .drop { $0 != "## What a worker keeps to" }
    #expect(section.contains { $0.hasPrefix("**\(rule.rawValue).**") })
    #expect(Scenario.all.contains { $0.rule == rule })
  }
}
