/// What became of a scenario.
package struct ScenarioResult: Sendable {
  package var scenario: Scenario
  /// Nil: the rule was kept.
  package var failure: Failure?

  package init(scenario: Scenario, failure: Failure? = nil) {
    self.scenario = scenario
    self.failure = failure
  }

  /// How a rule was broken.
  package struct Failure: Sendable {
    package var expected: String
    package var heard: [String]
    /// The newest of the worker's own output.
    package var output: String

    package init(expected: String, heard: [String], output: String) {
      self.expected = expected
      self.heard = heard
      self.output = output
    }
  }
}

/// TAP version 14: https://testanything.org/tap-version-14-specification.html
package enum TAPReport {
  package static func head(count: Int) -> String { "TAP version 14\n1..\(count)\n" }

  /// One test point, with a YAML block if it failed.
  package static func text(of result: ScenarioResult, number: Int) -> String {
    let scenario = result.scenario
    let title = escaped("\(scenario.name): \(scenario.sentence)")
    guard let failure = result.failure else { return "ok \(number) - \(title)\n" }
    var lines = [
      "not ok \(number) - \(title)", "  ---", "  expected: \(quoted(failure.expected))",
      "  rule: \(quoted("docs/workers.md, What a worker keeps to, \(scenario.rule.rawValue)"))",
    ]
    lines += list("heard", failure.heard)
    let output = failure.output.split(whereSeparator: \.isNewline).suffix(8).map(String.init)
    if !output.isEmpty { lines += list("worker_output", output) }
    lines.append("  ...")
    return lines.joined(separator: "\n") + "\n"
  }

  package static func bailOut(_ reason: String) -> String { "Bail out! \(escaped(reason))\n" }

  private static func list(_ name: String, _ items: [String]) -> [String] {
    items.isEmpty ? ["  \(name): []"] : ["  \(name):"] + items.map { "    - \(quoted($0))" }
  }

  /// `#` begins a directive, and a backslash escapes.
  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("#", with: "\\#").replacing("\n", with: " ")
  }

  /// A double-quoted scalar of YAML on one line.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if scalar.value < 32 || (127..<160).contains(scalar.value) {
          let digits = String(scalar.value, radix: 16)
          result += "\\x" + String(repeating: "0", count: max(0, 2 - digits.count)) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
