/// One rule, and how it is found out whether a worker keeps it.
package struct Scenario: Sendable {
  /// What it needs of the worker's process.
  enum Place: Sendable {
    /// A process that serves many scenarios, connected, with nothing to do.
    case shared
    /// A process of its own, connected, with nothing to do.
    case own
    /// The same, and it takes long: beside the others.
    case slow
    /// It starts the process itself.
    case unstarted
  }

  /// A few words, for `--only`.
  package let name: String
  /// The rule, as a sentence.
  package let sentence: String
  package let rule: Rule
  let place: Place
  let body: @Sendable (Stage) async throws -> Void

  init(
    _ name: String, _ sentence: String, _ rule: Rule, _ place: Place = .shared,
    body: @escaping @Sendable (Stage) async throws -> Void
  ) {
    self.name = name
    self.sentence = sentence
    self.rule = rule
    self.place = place
    self.body = body
  }

  /// All of them, in the order of the report.
  package static let all =
    hello + run + credit + accept + beat + checkpoint + finish + directive + stream + backoff
    + ping + unknown + stop
}
