internal import ArgumentParser
internal import MartletClient

struct BulkCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bulk",
    abstract: "Cancel, retry, delete, update or move many tasks at once.",
    discussion: """
      The tasks are chosen by a filter; see what it chooses with --dry-run. The operation goes on in \
      the server, also after a restart.

      EXAMPLES
        martlet bulk cancel --filter 'pool = mails AND labels.customer = 42' --dry-run
        martlet bulk retry --filter 'state = FAILED AND failure.code = "net*"' --rate 100 --wait
        martlet bulk move urgent --filter 'pool = mails AND priority = 10'
        martlet bulk list
      """,
    subcommands: [
      BulkCancel.self, BulkRetry.self, BulkDelete.self, BulkUpdate.self, BulkMove.self,
      BulkList.self, BulkGet.self, BulkStop.self,
    ])
}

/// What every operation is told.
struct BulkOptions: ParsableArguments {
  @OptionGroup var selection: TaskSelection

  @Flag(help: "Every task there is, without any condition.")
  var all = false

  @Flag(help: "Count the tasks and show some of them; change nothing.")
  var dryRun = false

  @Option(help: .init("At most so many tasks a second.", valueName: "n"))
  var rate: Int = 0

  @Flag(help: "Show its progress, and end when it does.")
  var wait = false

  @OptionGroup var why: ReasonOption

  func validate() throws {
    if rate < 0 || rate > 1_000_000 {
      throw ValidationError("--rate has to be 1 to 1,000,000")
    }
    if selection.filter.isEmpty, !all {
      throw ValidationError(
        "--filter, --pool, --state, --kind or --label has to be given, or --all")
    }
  }

  func run(_ action: API.BulkAction.OneOf_Action, in session: Session) async throws {
    let order = BulkOrder(
      action: action, filter: selection.filter, all: all, rate: rate, reason: why.reason)
    try await session.carryOut(order, dryRun: dryRun, wait: wait)
  }
}

/// An operation that somebody wants.
struct BulkOrder {
  var action: API.BulkAction.OneOf_Action
  var filter: String
  var all = false
  /// Tasks a second; 0: as many as go.
  var rate: Int
  var reason: String
}

extension Session {
  /// Starts it, and shows what there is to see of it: of a dry run a sample, of one that is waited
  /// for its progress and its end.
  func carryOut(_ order: BulkOrder, dryRun: Bool, wait: Bool) async throws {
    if dryRun { return try await rehearse(order) }
    let operation = try await client.bulks.start(
      order.action, filter: order.filter, all: order.all, ratePerSecond: order.rate,
      reason: order.reason
    ).value
    guard wait else { return show(operation) }
    try await follow(operation)
  }

  private func rehearse(_ order: BulkOrder) async throws {
    let (matched, sample) = try await client.bulks.rehearse(
      order.action, filter: order.filter, all: order.all)
    switch format {
    case .json:
      self.print(
        JSON.object([
          JSON.Field("matched", .integer(matched)),
          JSON.Field("sample", .array(sample.map { JSON($0) })),
        ]))
    case .table:
      if !sample.isEmpty { self.print(.tasks(sample, now: surroundings.now())) }
      remark("\(matched) tasks match; nothing was changed.")
    }
  }

  func show(_ operation: API.BulkOperation) {
    show(json: JSON(operation), table: .bulk(operation))
  }

  /// Shows the progress of an operation and then its end; throws if some tasks could not be
  /// changed.
  private func follow(_ first: API.BulkOperation) async throws {
    var last = first
    for try await operation in client.bulks.watch(first.id) {
      last = operation
      if format == .table, operation.state == .running {
        remark("\(operation.done + operation.failed) of \(operation.total)")
      }
    }
    show(last)
    if last.failed > 0 { throw ExitStatus.taskFailed }
  }
}
