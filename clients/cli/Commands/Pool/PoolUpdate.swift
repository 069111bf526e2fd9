internal import ArgumentParser
internal import MartletClient

struct PoolUpdate: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Change a pool while it works.",
    discussion: """
      Changes what is given and leaves the rest as it is. More slots start more tasks at once; \
      fewer let running ones finish. --label replaces all labels, a retry option the whole default \
      retry policy, and a --keep option the whole retention; --keep-all takes that away.

      EXAMPLES
        martlet pool update mails --slots 16
        martlet pool update mails --queue-capacity 500000
        martlet pool update mails --slots 8 --etag "$(martlet pool get mails -o json | jq -r .etag)"
      """)

  @OptionGroup var argument: PoolArgument

  @Option(help: .init("How many attempts run at the same time, 1 to 10,000.", valueName: "n"))
  var slots: Int32?

  @OptionGroup var settings: PoolSettings

  @Flag(help: "Keep finished tasks as long and as many as the server keeps.")
  var keepAll = false

  @Option(
    help: .init("Change it only if it is still as it was read.", valueName: "etag"))
  var etag: String = ""

  @Flag(help: "Check everything, change nothing.")
  var validateOnly = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if fields.isEmpty {
      throw ValidationError("nothing to change was given, for example --slots 8")
    }
    if keepAll, settings.retention.retention != nil {
      throw ValidationError("--keep-all and another --keep option cannot both be given")
    }
  }

  /// The paths of what was given.
  var fields: [String] {
    var fields: [String] = []
    if slots != nil { fields.append("slots") }
    if settings.queueCapacity != nil { fields.append("queue_capacity") }
    if settings.retries.policy != nil { fields.append("default_retry_policy") }
    if settings.runTimeout != nil { fields.append("default_run_timeout") }
    if !settings.label.isEmpty { fields.append("labels") }
    if settings.retention.retention != nil || keepAll { fields.append("retention") }
    return fields
  }

  func run(in session: Session) async throws {
    var spec = settings.spec
    spec.slots = slots ?? 0
    let pool = try await session.client.pools.update(
      argument.pool, spec: spec, fields: fields, etag: etag, validateOnly: validateOnly)
    session.show(pool.value)
  }
}
