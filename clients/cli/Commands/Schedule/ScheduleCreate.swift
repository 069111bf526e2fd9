internal import ArgumentParser
internal import MartletClient

struct ScheduleCreate: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Create a schedule.",
    discussion: """
      From arguments, or from a YAML file:

        name: nightly
        cron: 30 2 * * *
        time_zone: Europe/Vienna
        overlap_policy: buffer_one
        pool: work
        task: {kind: report, payload: {of: yesterday}, priority: 7}

      EXAMPLES
        martlet schedule create digest mails digest.send --cron '0 6 * * mon-fri' \\
          --zone Europe/Vienna --fire-jitter 5m
        martlet schedule create probe checks http.get '{"url": "http://a"}' --every 30s
        martlet schedule create --file nightly.yaml --dry-run
      """)

  @Argument(help: "Its name.") var name: String?

  @Argument(help: "The pool that its tasks go to.", completion: Completions.pools)
  var pool: String?

  @Argument(help: "What its tasks do, for example file.digest.", completion: Completions.kinds)
  var kind: String?

  @Argument(help: "Input of the handler; - for the standard input.")
  var payload: String?

  @Option(
    help: .init("Take the payload from a file; - for the standard input.", valueName: "file"),
    completion: .file())
  var payloadFile: String?

  @Option(
    name: [.long, .customShort("f")],
    help: .init("Take all from a YAML file; - for the standard input.", valueName: "file"),
    completion: .file())
  var file: String?

  @Flag(help: "Check everything and show the next 10 times; create nothing.")
  var dryRun = false

  @OptionGroup var options: ScheduleOptions
  @OptionGroup(title: "Its tasks") var task: TaskOptions
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if payload != nil, payloadFile != nil {
      throw ValidationError("the payload cannot come from an argument and from --payload-file")
    }
    if task.delay != nil || task.at != nil || task.deadline != nil {
      throw ValidationError("--delay, --at and --deadline are not for schedules: each run is new")
    }
    if file != nil {
      if pool != nil { throw ValidationError("with --file there is no argument but a name") }
      return
    }
    if kind == nil { throw ValidationError("give a name, a pool and a kind, or --file") }
    if options.cron == nil, options.every == nil {
      throw ValidationError("say when: with --cron or with --every")
    }
  }

  func run(in session: Session) async throws {
    let (name, spec) = try wanted(in: session)
    let schedules = session.client.schedules
    if dryRun {
      try await schedules.validate(name, spec)
      session.remark("The schedule is valid; nothing was created. Its next times:")
      return session.show(try await schedules.preview(name, spec))
    }
    session.show(try await schedules.create(name, spec).value)
  }

  private func wanted(in session: Session) throws -> (String, API.ScheduleSpec) {
    let now = session.surroundings.now()
    if let file {
      var (name, spec) = try ScheduleFile.read(file, in: session.surroundings)
      name = self.name ?? name
      _ = options.apply(to: &spec, now: now)
      return (name, spec)
    }
    let source = PayloadSource(argument: payload, file: payloadFile)
    var spec = API.ScheduleSpec(pool: pool ?? "")
    _ = options.apply(to: &spec, now: now)
    spec.task = task.spec(
      kind: kind ?? "", payload: try source.read(in: session.surroundings), now: now)
    return (name ?? "", spec)
  }
}

struct ScheduleUpdate: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Change a schedule.",
    discussion: """
      Changes what is given and leaves the rest as it is. What changes the times counts from now on. \
      --file replaces the whole schedule; --reset takes a setting away.

      EXAMPLES
        martlet schedule update digest --cron '0 7 * * mon-fri' --dry-run
        martlet schedule update digest --payload '{"to": "ada"}' --priority 9
        martlet schedule update digest --reset end --reset max-runs
      """)

  @OptionGroup var argument: ScheduleArgument
  @OptionGroup var options: ScheduleOptions

  @Option(help: "The pool that its tasks go to.", completion: Completions.pools)
  var pool: String?

  @Option(help: "What its tasks do.", completion: Completions.kinds) var kind: String?
  @Option(help: .init("Input of the handler; - for the standard input.", valueName: "text"))
  var payload: String?

  @Option(
    help: .init("Take the payload from a file; - for the standard input.", valueName: "file"),
    completion: .file())
  var payloadFile: String?

  @Option(help: .init("0 to 10, 10 first.", valueName: "n")) var priority: Int32?

  @Option(
    name: [.long, .customShort("f")],
    help: .init("Replace all by a YAML file; - for the standard input.", valueName: "file"),
    completion: .file())
  var file: String?

  @Option(help: .init("A setting to take away; may be repeated.", valueName: "setting"))
  var reset: [ScheduleSetting] = []

  @Option(
    help: .init("Change it only if it is still as it was read.", valueName: "etag"))
  var etag: String = ""

  @Flag(help: "Show the next 10 times that it would have; change nothing.")
  var dryRun = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if payload != nil, payloadFile != nil {
      throw ValidationError("the payload cannot come from --payload and from --payload-file")
    }
    var spec = API.ScheduleSpec()
    let given = options.apply(to: &spec, now: 0)
    if let both = reset.first(where: { given.contains($0.field) }) {
      throw ValidationError("\(both.rawValue) cannot be both set and reset")
    }
    let isEmpty = given.isEmpty && reset.isEmpty && pool == nil && !changesTask && file == nil
    if isEmpty { throw ValidationError("nothing to change was given, for example --every 5m") }
  }

  private var changesTask: Bool {
    kind != nil || payload != nil || payloadFile != nil || priority != nil
  }

  func run(in session: Session) async throws {
    let schedules = session.client.schedules
    let before = try await schedules.get(argument.schedule).value
    var spec = before.spec ?? .init()
    let fields = try change(&spec, in: session)
    if dryRun {
      session.remark("Nothing was changed. Its next times would be:")
      return session.show(try await schedules.preview(argument.schedule, spec))
    }
    // What was read and changed here must still be so there.
    let expected = etag.isEmpty && changesTask && file == nil ? before.etag : etag
    session.show(
      try await schedules.update(argument.schedule, spec, fields: fields, etag: expected).value)
  }

  private func change(
    _ spec: inout API.ScheduleSpec, in session: Session
  ) throws -> [String] {
    var fields: [String] = []
    if let file {
      spec = try ScheduleFile.read(file, in: session.surroundings).spec
      fields.append("*")
    }
    fields += options.apply(to: &spec, now: session.surroundings.now())
    for setting in reset {
      setting.clear(&spec)
      fields.append(setting.field)
    }
    if let pool {
      spec.pool = pool
      fields.append("pool")
    }
    guard changesTask else { return fields }
    fields.append("task")
    if let kind { spec.task?.kind = kind }
    if let priority { spec.task?.priority = priority }
    if payload != nil || payloadFile != nil {
      let bytes = try PayloadSource(argument: payload, file: payloadFile)
        .read(in: session.surroundings)
      spec.task?.payload = bytes
      spec.task?.contentType = PayloadSource.contentType(of: bytes)
    }
    return fields
  }
}
