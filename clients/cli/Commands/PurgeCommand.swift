internal import ArgumentParser
internal import MartletClient

struct PurgeCommand: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge", abstract: "Forget finished tasks now, before their time.",
    discussion: """
      The server and its pools forget finished tasks by age and number (`martlet pool update --keep-…`); \
      this does not wait for that. It is a short form of `martlet bulk delete`, and goes on in the \
      server in the same way.

      EXAMPLES
        martlet purge --pool mails --outcome succeeded --older-than 1d
        martlet purge --older-than 30d --dry-run
        martlet purge --all --rate 1000 --wait
      """)

  enum Outcome: String, ExpressibleByArgument, CaseIterable {
    case succeeded, failed, cancelled
  }

  @Option(
    help: .init("Only of this pool.", valueName: "name"), completion: Completions.pools)
  var pool: String?

  @Option(help: "Only tasks that ended like this; may be repeated.")
  var outcome: [Outcome] = []

  @Option(help: .init("Only tasks that ended longer ago.", valueName: "duration"))
  var olderThan: DurationArgument?

  @Flag(help: "Every finished task there is.")
  var all = false

  @Flag(help: "Count the tasks and show some of them; forget none.")
  var dryRun = false

  @Option(help: .init("At most so many tasks a second.", valueName: "n"))
  var rate: Int?

  @Flag(help: "Show its progress, and end when it does.")
  var wait = false

  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    let isNarrow = pool != nil || !outcome.isEmpty || olderThan != nil
    if isNarrow == all {
      throw ValidationError("give --pool, --outcome or --older-than, or else --all")
    }
    if let rate, !(1...1_000_000).contains(rate) {
      throw ValidationError("--rate has to be 1 to 1,000,000")
    }
  }

  func run(in session: Session) async throws {
    let order = BulkOrder(
      action: .delete(.init()), filter: filter(now: session.surroundings.now()), rate: rate ?? 0,
      reason: why.reason)
    try await session.carryOut(order, dryRun: dryRun, wait: wait)
  }

  /// - Parameter now: In seconds since 1970.
  func filter(now: Double) -> String {
    var filter = FilterText()
    if let pool { filter.add(field: "pool", equals: pool) }
    let outcomes = outcome.isEmpty ? Outcome.allCases : outcome
    let states = outcomes.map { "state = \($0.rawValue.uppercased())" }
    filter.add("(\(states.joined(separator: " OR ")))")
    if let olderThan {
      let time = WellKnown.Timestamp(secondsSinceEpoch: now - olderThan.duration.seconds)
      filter.add("finish_time < \"\(time.rfc3339())\"")
    }
    return filter.text
  }
}
