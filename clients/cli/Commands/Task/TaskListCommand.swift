internal import ArgumentParser
internal import MartletClient

struct TaskListCommand: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List tasks, newest first.",
    discussion: """
      With --output json: one object on a line for each task. --filter takes comparisons joined by \
      AND, OR, NOT and parentheses on pool, state, kind, labels.KEY, id, create_time, due_time, \
      start_time, finish_time, priority, attempt, age, run_time, queue_time, worker, failure.kind, \
      failure.code, failure.message, progress.percent and progress.step.

      EXAMPLES
        martlet task list --pool mails --state failed
        martlet task list --label customer=42 --limit 500
        martlet task list --filter 'create_time > 2026-11-21T10:00:00Z AND priority >= 8'
        martlet task list --filter 'state = FAILED AND NOT failure.code = "net*" AND age < 1h'
        martlet task list --order finish_time --all --output json > tasks.jsonl
      """)

  @OptionGroup var selection: TaskSelection

  @Option(
    help: .init(
      "create_time or finish_time, with ` asc` or ` desc` behind it.", valueName: "order"),
    completion: .list([
      "create_time desc", "create_time asc", "finish_time desc", "finish_time asc",
    ]))
  var order: String = ""

  @Option(name: [.long, .customShort("n")], help: .init("At most so many.", valueName: "n"))
  var limit: Int = 50

  @Flag(help: "All of them, however many.")
  var all = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit has to be 1 or more") }
  }

  func run(in session: Session) async throws {
    let list = session.client.tasks.list(
      filter: selection.filter, order: order, pageSize: all ? 1_000 : min(limit, 1_000))
    var left = all ? Int.max : limit
    var rows: [API.Task] = []
    var total: Int64?
    for try await page in list.pages {
      total = total ?? page.totalSize
      let tasks = page.tasks.prefix(left)
      left -= tasks.count
      switch session.format {
      case .json: for task in tasks { session.print(JSON(task)) }
      case .table: rows += tasks
      }
      if left == 0 { break }
    }
    guard session.format == .table else { return }
    if rows.isEmpty { return session.remark("There are no such tasks.") }
    session.print(.tasks(rows, now: session.surroundings.now()))
    if let total, total > rows.count {
      session.remark("\(rows.count) of \(total); see more with --limit or --all.")
    }
  }
}

/// Which tasks.
struct TaskSelection: ParsableArguments {
  @Option(
    help: .init("Only of this pool.", valueName: "name"), completion: Completions.pools)
  var pool: String?

  @Option(help: .init("Only in this state, for example failed.", valueName: "state"))
  var state: TaskStateArgument?

  @Option(
    help: .init("Only of this kind.", valueName: "kind"), completion: Completions.kinds)
  var kind: String?

  @Option(
    name: [.long, .customShort("l")],
    help: .init("Only with this label; may be repeated.", valueName: "key=value"))
  var label: [LabelArgument] = []

  @Option(
    name: .customLong("filter"),
    help: .init("More conditions, in the filter language.", valueName: "filter"))
  var filterText: String?

  /// All conditions, joined.
  var filter: String {
    var filter = FilterText()
    if let pool { filter.add(field: "pool", equals: pool) }
    if let state { filter.add("state = \(state.state.name)") }
    if let kind { filter.add(field: "kind", equals: kind) }
    for label in label { filter.add(label: label) }
    if let filterText { filter.add(filterText) }
    return filter.text
  }
}
