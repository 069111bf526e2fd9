internal import ArgumentParser
internal import MartletClient

struct PoolCreate: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Create a pool.",
    discussion: """
      EXAMPLES
        martlet pool create mails --slots 4
        martlet pool create reports --slots 2 --queue-capacity 500 --run-timeout 10m \\
          --max-attempts 2 --label team=data
        martlet pool create scans --slots 8 --keep-succeeded-for 1h --keep-failed 1000
        martlet pool create renders --slots 8 --fairness share-first
        martlet pool create thumbs --slots 4 --scale 2..32 --group batch --group-minimum 2
      """)

  @Argument(help: "Its name: a small letter, then up to 62 small letters, digits and hyphens.")
  var name: String

  @Option(help: .init("How many attempts run at the same time, 1 to 10,000.", valueName: "n"))
  var slots: Int32

  @OptionGroup var settings: PoolSettings

  @Flag(help: "Check everything, create nothing.")
  var validateOnly = false

  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    var spec = settings.spec
    spec.slots = slots
    let pool = try await session.client.pools.create(
      name, spec: spec, validateOnly: validateOnly, reason: why.reason)
    session.show(pool.value)
  }
}

/// What can be said about a pool beside its slots.
struct PoolSettings: ParsableArguments {
  @Option(
    help: .init("How many tasks may wait, 1 to 10,000,000 (100,000 if unset).", valueName: "n"))
  var queueCapacity: Int32?

  @Option(
    help: .init(
      "Longest time that an attempt may run, of tasks that set none (2h if unset).",
      valueName: "duration"))
  var runTimeout: DurationArgument?

  @Option(
    help: .init(
      "Longest time that a task may wait in the queue, of tasks that set none (no end if unset).",
      valueName: "duration"))
  var queueTimeout: DurationArgument?

  @Option(
    help: .init(
      "Longest time that a handler may be silent, of tasks that set none (no end if unset).",
      valueName: "duration"))
  var heartbeatTimeout: DurationArgument?

  @Option(
    help: .init(
      "A waiting task rises by one level of priority for each so long (never if unset).",
      valueName: "duration"))
  var priorityAgeing: DurationArgument?

  @Option(
    help: .init(
      "Where tasks have fairness keys: what goes first, or off (priority-first if unset).",
      valueName: "rule"))
  var fairness: FairnessArgument?

  @Option(
    name: [.long, .customShort("l")],
    help: .init("A label of the pool; may be repeated.", valueName: "key=value"))
  var label: [LabelArgument] = []

  @Option(
    help: .init(
      "How long to wait after a failure of a class, in place of the back-off; may be repeated.",
      valueName: "class=duration"))
  var failureDelay: [FailureDelayArgument] = []

  @Option(
    help: .init(
      "How long permits stay taken after an attempt was fenced, up to 1 h (not at all if unset).",
      valueName: "duration"))
  var permitGrace: DurationArgument?

  @OptionGroup(title: "Retries, of tasks that set none") var retries: RetryOptions
  @OptionGroup(title: "Finished tasks that are kept (as long and as many as the server keeps)")
  var retention: RetentionOptions
  @OptionGroup(title: "Scaling") var scaling: ScalingOptions
  @OptionGroup(title: "Group") var group: GroupOptions

  var spec: API.PoolSpec {
    API.PoolSpec(
      queueCapacity: queueCapacity, defaultRetryPolicy: retries.policy,
      defaultRunTimeout: runTimeout.map { WellKnown.Duration($0.duration) },
      labels: label.dictionary,
      defaultQueueTimeout: queueTimeout.map { WellKnown.Duration($0.duration) },
      defaultHeartbeatTimeout: heartbeatTimeout.map { WellKnown.Duration($0.duration) },
      failureClassDelays: failureDelay.dictionary,
      priorityAgeing: priorityAgeing.map { WellKnown.Duration($0.duration) },
      retention: retention.retention, scaling: scaling.scaling, group: group.group ?? "",
      groupMinimum: group.groupMinimum ?? 0,
      permitGrace: permitGrace.map { WellKnown.Duration($0.duration) },
      fairness: fairness?.fairness ?? .unspecified)
  }
}
