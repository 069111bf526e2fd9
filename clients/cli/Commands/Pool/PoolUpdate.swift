internal import ArgumentParser
internal import MartletClient

struct PoolUpdate: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Change a pool while it works.",
    discussion: """
      Changes what is given and leaves the rest as it is. More slots start more tasks at once; \
      fewer let running ones finish. --label replaces all labels, --failure-delay all delays by \
      class, a retry option the whole default retry policy, --scale the whole scaling, and a \
      --keep option the whole retention; --keep-all takes that away. --reset makes a setting what it is in a new pool.

      EXAMPLES
        martlet pool update mails --slots 16
        martlet pool update mails --scale 2..64 --scale-up-at 90 --reason "the autumn mails"
        martlet pool update mails --queue-capacity 500000 --reset failure-delays
        martlet pool update mails --slots 8 --etag "$(martlet pool get mails -o json | jq -r .etag)"
      """)

  @OptionGroup var argument: PoolArgument

  @Option(help: .init("How many attempts run at the same time, 1 to 10,000.", valueName: "n"))
  var slots: Int32?

  @OptionGroup var settings: PoolSettings

  @Flag(help: "Keep finished tasks as long and as many as the server keeps.")
  var keepAll = false

  @Option(
    help: .init(
      "A setting to make what it is in a new pool; may be repeated.", valueName: "setting"))
  var reset: [PoolSetting] = []

  @Option(
    help: .init("Change it only if it is still as it was read.", valueName: "etag"))
  var etag: String = ""

  @Flag(help: "Check everything, change nothing.")
  var validateOnly = false

  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if let both = reset.first(where: { given.contains($0) }) {
      throw ValidationError("\(both.rawValue) cannot be both set and reset")
    }
    if fields.isEmpty {
      throw ValidationError("nothing to change was given, for example --slots 8")
    }
    if keepAll, settings.retention.retention != nil {
      throw ValidationError("--keep-all and another --keep option cannot both be given")
    }
  }

  /// The paths of what was given.
  var fields: [String] {
    (slots == nil ? [] : ["slots"]) + (given + reset).map(\.field)
  }

  /// What is given a value.
  private var given: [PoolSetting] {
    var given: [PoolSetting] = []
    if settings.queueCapacity != nil { given.append(.queueCapacity) }
    if settings.retries.policy != nil { given.append(.retries) }
    if settings.runTimeout != nil { given.append(.runTimeout) }
    if settings.queueTimeout != nil { given.append(.queueTimeout) }
    if settings.heartbeatTimeout != nil { given.append(.heartbeatTimeout) }
    if !settings.label.isEmpty { given.append(.labels) }
    if !settings.failureDelay.isEmpty { given.append(.failureDelays) }
    if settings.priorityAgeing != nil { given.append(.priorityAgeing) }
    if settings.retention.retention != nil || keepAll { given.append(.retention) }
    if settings.scaling.scaling != nil { given.append(.scaling) }
    if settings.group.group != nil { given.append(.group) }
    if settings.group.groupMinimum != nil { given.append(.groupMinimum) }
    if settings.fairness != nil { given.append(.fairness) }
    if settings.permitGrace != nil { given.append(.permitGrace) }
    return given
  }

  func run(in session: Session) async throws {
    var spec = settings.spec
    spec.slots = slots ?? 0
    let pool = try await session.client.pools.update(
      argument.pool, spec: spec, fields: fields, etag: etag, validateOnly: validateOnly,
      reason: why.reason)
    session.show(pool.value)
  }
}

/// What a new pool has a default of.
enum PoolSetting: String, ExpressibleByArgument, CaseIterable, Sendable {
  case queueCapacity = "queue-capacity"
  case retries
  case runTimeout = "run-timeout"
  case queueTimeout = "queue-timeout"
  case heartbeatTimeout = "heartbeat-timeout"
  case labels
  case failureDelays = "failure-delays"
  case priorityAgeing = "priority-ageing"
  case retention
  case scaling
  case group
  case groupMinimum = "group-minimum"
  case fairness
  case permitGrace = "permit-grace"

  /// Its path in an update.
  var field: String {
    switch self {
    case .queueCapacity: "queue_capacity"
    case .retries: "default_retry_policy"
    case .runTimeout: "default_run_timeout"
    case .queueTimeout: "default_queue_timeout"
    case .heartbeatTimeout: "default_heartbeat_timeout"
    case .labels: "labels"
    case .failureDelays: "failure_class_delays"
    case .priorityAgeing: "priority_ageing"
    case .retention: "retention"
    case .scaling: "scaling"
    case .group: "group"
    case .groupMinimum: "group_minimum"
    case .fairness: "fairness"
    case .permitGrace: "permit_grace"
    }
  }
}
