internal import ArgumentParser
internal import MartletClient

struct WorkflowCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workflow",
    abstract: "Submit tasks that wait for each other, and follow them as one.",
    discussion: """
      A workflow is a YAML file:

        name: nightly
        pool: work                  # of tasks that name none
        levels: [{name: read, weight: 30}, {name: report, weight: 70}]
        tasks:
          - {ref: read-a, kind: echo, payload: {table: a}, level: read}
          - {ref: read-b, kind: echo, payload: {table: b}, level: read}
          - ref: report
            kind: echo
            level: report
            depends_on: [read-a, read-b]
            want_dependency_results: true

      EXAMPLES
        martlet workflow submit nightly.yaml --watch
        martlet workflow get w17
        martlet workflow retry w17
        martlet task list --filter 'workflow = w17 AND state = FAILED'
      """,
    subcommands: [
      WorkflowSubmit.self, WorkflowGet.self, WorkflowList.self, WorkflowWatch.self,
      WorkflowCancel.self, WorkflowRetry.self,
    ])
}

struct WorkflowSubmit: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit", abstract: "Submit the workflow of a YAML file; writes its id.")

  @Argument(help: "The file; - for the standard input.", completion: .file())
  var file: String

  @Flag(help: "Follow it to its end; the exit code is 1 if it does not succeed.")
  var watch = false

  @Flag(help: "Check everything, submit nothing.")
  var validateOnly = false

  @Option(
    help: .init(
      "An id for this request: the same again, while it is known, returns the workflow.",
      valueName: "id"))
  var requestID: String?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let bytes = try PayloadSource.bytes(ofFile: file, in: session.surroundings)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure(.usage, "\(file) is no text in UTF-8.")
    }
    var request = try WorkflowFile(
      name: file == "-" ? "the workflow" : file, in: session.surroundings
    ).read(text)
    if let requestID { request.requestId = requestID }
    if validateOnly {
      try await session.client.workflows.validate(request)
      session.remark("The workflow is valid; nothing was submitted.")
      return
    }
    let workflow = try await session.client.workflows.submit(request).workflow.value
    if watch { return try await session.follow(workflow.id) }
    switch session.format {
    case .json: session.print(JSON(workflow))
    case .table: session.print(workflow.id)
    }
  }
}

struct WorkflowGet: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show a workflow, with its tasks if they are few.")

  @Argument(help: "The workflow's id.") var workflow: String
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let found = try await session.client.workflows.get(workflow).value
    if session.format == .json { return session.print(JSON(found)) }
    let tasks = try await WorkflowFollower(session: session).tasks(of: found)
    let tree = WorkflowTree(
      workflow: found, tasks: tasks, style: session.style,
      width: session.surroundings.outputWidth ?? 200)
    for line in tree.lines { session.print(line) }
  }
}

struct WorkflowList: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List workflows, newest first.")

  @Option(help: "Only of that name.") var name: String = ""

  @Option(
    help: .init(
      "Only in that state: running, succeeded, failed or cancelled. Repeatable.",
      valueName: "state"))
  var state: [String] = []

  @Option(help: .init("At most so many.", valueName: "n")) var limit: Int = 50
  @OptionGroup(title: "Global options") var global: GlobalOptions

  private var states: [API.WorkflowState] {
    get throws {
      try state.map { text in
        let known = API.WorkflowState.allCases.first {
          $0 != .unspecified && $0.name == text.uppercased()
        }
        guard let known else {
          throw ValidationError("no state of workflows is called \(text)")
        }
        return known
      }
    }
  }

  func validate() throws {
    _ = try states
    if !(1...1_000).contains(limit) { throw ValidationError("--limit has to be 1 to 1,000") }
  }

  func run(in session: Session) async throws {
    let (workflows, next) = try await session.client.workflows.list(
      name: name, states: states, pageSize: limit)
    switch session.format {
    case .json: for workflow in workflows { session.print(JSON(workflow)) }
    case .table:
      if workflows.isEmpty { return session.remark("There are no workflows like that.") }
      session.print(.workflows(workflows))
      if !next.isEmpty { session.remark("There are more: see them with --limit.") }
    }
  }
}

struct WorkflowWatch: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Follow a workflow to its end; the exit code is 1 if it does not succeed.")

  @Argument(help: "The workflow's id.") var workflow: String
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws { try await session.follow(workflow) }
}

struct WorkflowCancel: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Cancel what waits, and ask what runs to stop.")

  @Argument(help: "The workflow's id.") var workflow: String
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(
      try await session.client.workflows.cancel(workflow, reason: why.reason).value)
  }
}

struct WorkflowRetry: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Reopen what failed and what came after it.")

  @Argument(help: "The workflow's id.") var workflow: String

  @Flag(help: "Follow it to its end; the exit code is 1 if it does not succeed.")
  var watch = false

  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let found = try await session.client.workflows.retry(workflow, reason: why.reason).value
    if watch { return try await session.follow(found.id) }
    session.show(found)
  }
}

extension Session {
  /// The workflow in a line, or as JSON.
  fileprivate func show(_ workflow: API.Workflow) {
    switch format {
    case .json: self.print(JSON(workflow))
    case .table:
      self.print(
        WorkflowTree(
          workflow: workflow, tasks: [], style: style, width: surroundings.outputWidth ?? 200
        ).lines[0])
    }
  }

  fileprivate func follow(_ workflow: String) async throws {
    let end = try await WorkflowFollower(session: self).end(of: workflow)
    if end.state != .succeeded { throw ExitStatus.taskFailed }
  }
}
