internal import ArgumentParser
internal import MartletClient

struct TaskUpdateCommand: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Change priority, due time or labels of a waiting task.",
    discussion: """
      Changes what is given and leaves the rest as it is; --label replaces all labels. A task of a \
      new priority goes to the tail of that priority's queue. Exit code 4 if the task runs or has \
      ended.

      EXAMPLES
        martlet task update @last --priority 10
        martlet task update @last --due 2h
        martlet task update @last --now
        martlet task update @last --label customer=7 --label team=mail
      """)

  @OptionGroup var argument: TaskArgument

  @Option(help: .init("0 to 10, 10 first.", valueName: "n"))
  var priority: Int32?

  @Option(
    help: .init("Wait until then: a time (RFC 3339) or a span from now.", valueName: "time|span"))
  var due: TimeArgument?

  @Flag(help: "Wait no longer.")
  var now = false

  @Option(
    name: [.long, .customShort("l")],
    help: .init("A label that it has from now on; may be repeated.", valueName: "key=value"))
  var label: [LabelArgument] = []

  @Flag(help: "Take all its labels away.")
  var noLabels = false

  @Option(
    help: .init("Change it only if it is still as it was read.", valueName: "revision"))
  var ifRevision: UInt64 = 0

  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if due != nil, now { throw ValidationError("--due and --now cannot both be given") }
    if !label.isEmpty, noLabels {
      throw ValidationError("--label and --no-labels cannot both be given")
    }
    if priority == nil, due == nil, !now, label.isEmpty, !noLabels {
      throw ValidationError("nothing to change was given, for example --priority 8")
    }
  }

  func run(in session: Session) async throws {
    let id = try session.lastTask.resolve(argument.task)
    let clock = session.surroundings.now()
    let task = try await session.client.tasks.update(
      id, priority: priority,
      dueTime: now ? .init(secondsSinceEpoch: 0) : due?.timestamp(now: clock),
      labels: label.isEmpty && !noLabels ? nil : label.dictionary, ifRevision: ifRevision,
      reason: why.reason)
    session.show(task.value)
  }
}
