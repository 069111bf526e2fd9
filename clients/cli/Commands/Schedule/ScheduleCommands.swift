internal import ArgumentParser
internal import MartletClient

struct ScheduleCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule",
    abstract: "Submit tasks over time: by cron expressions or intervals.",
    discussion: """
      EXAMPLES
        martlet schedule create digest mails digest.send --cron '0 6 * * mon-fri' \\
          --zone Europe/Vienna --dry-run
        martlet schedule create probe checks http.get '{"url": "http://a"}' --every 30s
        martlet schedule create --file nightly.yaml
        martlet schedule next digest --count 5
        martlet schedule runs digest
        martlet schedule pause digest --reason 'holidays'
        martlet schedule trigger digest
      """,
    subcommands: [
      ScheduleCreate.self, ScheduleGet.self, ScheduleList.self, ScheduleUpdate.self,
      ScheduleDelete.self, SchedulePause.self, ScheduleResume.self, ScheduleTrigger.self,
      ScheduleNext.self, ScheduleRuns.self,
    ])
}

struct ScheduleArgument: ParsableArguments {
  @Argument(help: "The schedule's name.") var schedule: String
}

struct ScheduleGet: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show a schedule.")

  @OptionGroup var argument: ScheduleArgument
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(try await session.client.schedules.get(argument.schedule).value)
  }
}

struct ScheduleList: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List schedules by name.")

  @Option(help: .init("Only names that begin so.", valueName: "text")) var prefix: String = ""

  @Option(help: "Only those whose tasks go to that pool.", completion: Completions.pools)
  var pool: String = ""

  @Option(
    help: .init("Only in that state: active, paused or finished. Repeatable.", valueName: "state"))
  var state: [String] = []

  @Option(help: .init("At most so many.", valueName: "n")) var limit: Int = 50
  @OptionGroup(title: "Global options") var global: GlobalOptions

  private var states: [API.ScheduleState] {
    get throws {
      try state.map { text in
        let known = API.ScheduleState.allCases.first {
          $0 != .unspecified && $0.name == text.uppercased()
        }
        guard let known else { throw ValidationError("no state of schedules is called \(text)") }
        return known
      }
    }
  }

  func validate() throws {
    _ = try states
    if !(1...100_000).contains(limit) { throw ValidationError("--limit has to be 1 to 100,000") }
  }

  func run(in session: Session) async throws {
    var schedules: [API.Schedule] = []
    var token = ""
    repeat {
      let page = try await session.client.schedules.list(
        namePrefix: prefix, pool: pool, states: states,
        pageSize: min(limit - schedules.count, 1_000), pageToken: token)
      schedules += page.schedules
      token = page.nextPageToken
    } while !token.isEmpty && schedules.count < limit
    switch session.format {
    case .json: for schedule in schedules { session.print(JSON(schedule)) }
    case .table:
      if schedules.isEmpty { return session.remark("There are no schedules like that.") }
      session.print(.schedules(schedules))
      if !token.isEmpty { session.remark("There are more: see them with --limit.") }
    }
  }
}

struct ScheduleDelete: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a schedule; its tasks stay.")

  @OptionGroup var argument: ScheduleArgument
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    try await session.client.schedules.delete(argument.schedule, reason: why.reason)
    session.remark("The schedule \(argument.schedule) is deleted.")
  }
}

struct SchedulePause: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Fire no more until it is resumed.")

  @OptionGroup var argument: ScheduleArgument
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(
      try await session.client.schedules.pause(argument.schedule, reason: why.reason).value)
  }
}

struct ScheduleResume: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Go on with the next time; what passed meanwhile is not made up for.")

  @OptionGroup var argument: ScheduleArgument
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(
      try await session.client.schedules.resume(argument.schedule, reason: why.reason).value)
  }
}

struct ScheduleTrigger: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "trigger", abstract: "Make a run now, whatever the schedule's state.")

  @OptionGroup var argument: ScheduleArgument

  @Option(
    help: .init(
      "For this run: skip, buffer-one, allow-all or cancel-other (the schedule's if unset).",
      valueName: "policy"))
  var overlap: OverlapArgument?

  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let run = try await session.client.schedules.trigger(
      argument.schedule, overlap: overlap?.policy ?? .unspecified, reason: why.reason
    ).value
    if !run.taskId.isEmpty { session.lastTask.remember(run.taskId) }
    switch session.format {
    case .json: session.print(JSON(run))
    case .table:
      session.print(.scheduleRuns([run]))
      if !run.message.isEmpty { session.remark("No task was submitted: \(run.message).") }
    }
  }
}

struct ScheduleRuns: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List the newest runs of a schedule, newest first.")

  @OptionGroup var argument: ScheduleArgument
  @Option(help: .init("At most so many.", valueName: "n")) var limit: Int = 50
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if !(1...1_000).contains(limit) { throw ValidationError("--limit has to be 1 to 1,000") }
  }

  func run(in session: Session) async throws {
    let (runs, next) = try await session.client.schedules.runs(
      of: argument.schedule, pageSize: limit)
    switch session.format {
    case .json: for run in runs { session.print(JSON(run)) }
    case .table:
      if runs.isEmpty { return session.remark("It has not fired yet.") }
      session.print(.scheduleRuns(runs))
      if !next.isEmpty { session.remark("There are more: see them with --limit.") }
    }
  }
}

struct ScheduleNext: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "next",
    abstract: "Show when a schedule fires next, or when an expression would.",
    discussion: """
      EXAMPLES
        martlet schedule next digest --count 5
        martlet schedule next --cron '0 0 L * *' --zone America/New_York
      """)

  @Argument(help: "The schedule's name; left out with --cron or --every.") var schedule: String?
  @Option(help: .init("So many times, 1 to 1,000.", valueName: "n")) var count: Int = 10
  @OptionGroup var options: ScheduleOptions
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    let isRule = options.cron != nil || options.every != nil
    if isRule == (schedule != nil) {
      throw ValidationError("name a schedule, or give --cron or --every")
    }
    if !(1...1_000).contains(count) { throw ValidationError("--count has to be 1 to 1,000") }
  }

  func run(in session: Session) async throws {
    if let schedule {
      return session.show(try await session.client.schedules.preview(schedule, count: count))
    }
    var spec = API.ScheduleSpec()
    _ = options.apply(to: &spec, now: session.surroundings.now())
    session.show(try await session.client.schedules.preview("", spec, count: count))
  }
}

extension Session {
  func show(_ schedule: API.Schedule) {
    show(json: JSON(schedule), table: .schedule(schedule))
  }

  /// Times to come, the next one first.
  func show(_ preview: API.PreviewScheduleResponse) {
    switch format {
    case .json: for time in preview.times { self.print(JSON(time)) }
    case .table:
      if preview.times.isEmpty { return remark("It does not fire any more.") }
      self.print(.times(preview.times, now: surroundings.now()))
    }
  }
}
