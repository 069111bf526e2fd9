internal import ArgumentParser
internal import MartletClient

struct StatsCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Counts, times and failures of tasks.",
    discussion: """
      EXAMPLES
        martlet stats --last 1h --by pool
        martlet stats --watch
        martlet stats performance --last 1d
        martlet stats failures --pool mails
        martlet stats -o json --by kind --last 10m
      """,
    subcommands: [StatsOverview.self, StatsPerformance.self, StatsFailures.self],
    defaultSubcommand: StatsOverview.self)
}

/// Which tasks, and which time.
struct StatsScope: ParsableArguments {
  @Option(help: .init("Only tasks of this pool; may be given again.", valueName: "name"))
  var pool: [String] = []

  @Option(help: .init("Only tasks of this kind; may be given again.", valueName: "name"))
  var kind: [String] = []

  @Option(
    help: .init("How far back from now: 1s to 400d (1h if unset).", valueName: "duration"))
  var last: DurationArgument?

  func validate() throws {
    guard let last else { return }
    if last.duration < .seconds(1) || last.duration > .seconds(400 * 86_400) {
      throw ValidationError("--last has to be 1s to 400d")
    }
  }

  var range: StatsRange { .last(last?.duration ?? .seconds(3_600)) }
}

struct StatsOverview: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "overview",
    abstract: "What happened, how long it took, and its course over time.",
    discussion: "With --watch: what is going on now, until it is interrupted.")

  @OptionGroup var scope: StatsScope

  @Option(help: .init("A row for each: pool, kind, pool,kind or label:KEY.", valueName: "what"))
  var by: StatsGroupingArgument?

  @Flag(help: "Show what is going on now, each second.") var watch = false

  @Option(help: .init("How often with --watch: 1s to 60s.", valueName: "duration"))
  var every: DurationArgument?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if watch, by != nil || !scope.kind.isEmpty || scope.last != nil {
      throw ValidationError("--watch goes with --pool and --every only")
    }
    if let every, !(.seconds(1) ... .seconds(60)).contains(every.duration) {
      throw ValidationError("--every has to be 1s to 60s")
    }
  }

  func run(in session: Session) async throws {
    if watch { return try await follow(session) }
    let overview = try await session.client.stats.overview(
      scope.range, by: by?.grouping ?? .none, labelKey: by?.labelKey ?? "", pools: scope.pool,
      kinds: scope.kind)
    switch session.format {
    case .json: session.print(JSON(overview))
    case .table: show(overview, session)
    }
  }

  private func show(_ overview: API.GetOverviewResponse, _ session: Session) {
    session.print(.overview(overview))
    if overview.groups.count == 1, let group = overview.groups.first, !group.points.isEmpty {
      let course = Table.course(group)
      if !course.rows.isEmpty {
        session.print("")
        session.print(course)
        let step = StatsText.span(overview.step)
        session.print(
          "from \(overview.startTime?.rfc3339() ?? "-") to \(overview.endTime?.rfc3339() ?? "-"), "
            + "\(step) each")
      }
    }
    if overview.keptTasksOnly { session.remark("Counted from tasks that are kept.") }
    if overview.isTruncated { session.remark("There were more tasks than are looked at.") }
    if overview.omittedGroups > 0 {
      session.remark("\(overview.omittedGroups) more groups are not shown.")
    }
  }

  private func follow(_ session: Session) async throws {
    var drawn = 0
    let stream = session.client.stats.watch(
      pools: scope.pool, every: every?.duration ?? .seconds(1))
    for try await now in stream {
      guard session.format == .table else {
        session.print(JSON(now))
        continue
      }
      let table = Table.realtime(now)
      let text = table.text(width: session.surroundings.outputWidth, style: session.style)
      // Drawn over itself on a terminal only.
      let isTerminal = session.surroundings.outputWidth != nil
      let back = isTerminal && drawn > 0 ? "\u{1b}[\(drawn)A\r\u{1b}[J" : ""
      session.surroundings.output.write(back + text + "\n")
      drawn = text.split(separator: "\n", omittingEmptySubsequences: false).count
    }
  }
}

/// What groups are made by.
struct StatsGroupingArgument: ExpressibleByArgument, Equatable, Sendable {
  var grouping: API.StatsGrouping
  var labelKey = ""

  init?(argument: String) {
    switch argument {
    case "pool": grouping = .pool
    case "kind": grouping = .kind
    case "pool,kind", "kind,pool": grouping = .poolAndKind
    default:
      guard argument.hasPrefix("label:"), argument.count > 6 else { return nil }
      grouping = .label
      labelKey = String(argument.dropFirst(6))
    }
  }
}

struct StatsPerformance: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "performance",
    abstract: "How each kind does, against the time before, and what is flagged.")

  @OptionGroup var scope: StatsScope

  @Option(
    help: .init("Flag kinds with a p95 of the run time above this.", valueName: "duration"))
  var slow: DurationArgument?

  @Option(help: .init("Fewer tasks flag nothing (20 if unset).", valueName: "n"))
  var minCount: Int64?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    var rules = API.PerformanceRules()
    rules.minCount = minCount ?? 0
    rules.slowRunTime = slow.map { WellKnown.Duration($0.duration) }
    let answer = try await session.client.stats.performance(
      scope.range, pools: scope.pool, kinds: scope.kind, rules: rules)
    switch session.format {
    case .json: for kind in answer.kinds { session.print(JSON(kind)) }
    case .table:
      if answer.kinds.isEmpty { return session.remark("Nothing happened in that time.") }
      session.print(.performance(answer.kinds))
      for kind in answer.kinds {
        for flag in kind.flags { session.print("\(kind.kind): \(flag.kind.name): \(flag.text)") }
      }
    }
  }
}

struct StatsFailures: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "failures",
    abstract: "Why attempts failed, the most frequent first.")

  @OptionGroup var scope: StatsScope

  @Option(help: .init("At most so many groups.", valueName: "n")) var limit: Int = 50

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if !(1...1_000).contains(limit) { throw ValidationError("--limit has to be 1 to 1,000") }
  }

  func run(in session: Session) async throws {
    let answer = try await session.client.stats.failures(
      scope.range, pools: scope.pool, kinds: scope.kind, limit: limit)
    switch session.format {
    case .json: for group in answer.groups { session.print(JSON(group)) }
    case .table:
      if answer.groups.isEmpty { return session.remark("Nothing failed in that time.") }
      session.print(.failures(answer.groups))
      let more = answer.totalGroups - Int64(answer.groups.count)
      if more > 0 { session.remark("There are \(more) more groups: see them with --limit.") }
    }
  }
}
