internal import ArgumentParser
internal import MartletClient

struct EventsCommand: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Show what happened, and follow what happens.",
    discussion: """
      One line an event, in order. With --follow it goes on, also after a lost connection or a \
      restart of the server: no event is missed or shown twice. With --output json the last event \
      of each batch carries the `cursor` behind it; start from it again with --from.

      EXAMPLES
        martlet events                                 all that is kept
        martlet events --follow --pool mails           from now on
        martlet events --since 10m --type failed --type lost
        martlet events --task @last --from beginning
        martlet events --filter 'type = TASK_FAILED AND failure.code = "net*"'
        martlet events --from 2026-11-21T10:00:00Z --label customer=42 --output json
      """)

  @Option(
    help: .init(
      "Where to start: beginning, now, a time (RFC 3339) or a cursor. Default: now with --follow, else beginning.",
      valueName: "place"))
  var from: String?

  @Option(help: .init("Start so long ago.", valueName: "duration"))
  var since: DurationArgument?

  @Flag(name: [.long, .customShort("f")], help: "Go on when all that exists has been shown.")
  var follow = false

  @Option(
    help: .init("Only of this pool; may be repeated.", valueName: "name"),
    completion: Completions.pools)
  var pool: [String] = []

  @Option(
    help: .init("Only of this task; may be repeated.", valueName: "id|@last"),
    completion: Completions.tasks)
  var task: [String] = []

  @Option(
    help: .init("Only of tasks of this kind; may be repeated.", valueName: "kind"),
    completion: Completions.kinds)
  var kind: [String] = []

  @Option(
    help: .init("Only of this type, for example failed; may be repeated.", valueName: "type"))
  var type: [EventTypeArgument] = []

  @Option(
    name: [.long, .customShort("l")],
    help: .init("Only of tasks with this label; may be repeated.", valueName: "key=value"))
  var label: [LabelArgument] = []

  @Option(
    name: .customLong("filter"),
    help: .init(
      "More conditions, in the filter language, on the fields of events.", valueName: "filter"))
  var filterText: String = ""

  @Option(name: [.long, .customShort("n")], help: .init("End after so many.", valueName: "n"))
  var limit: Int?

  @Flag(help: "Show payloads and results too.")
  var content = false

  @Option(
    help: .init(
      "With --output json: write the cursor when idle for so long.",
      valueName: "duration"))
  var heartbeat: DurationArgument?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if from != nil, since != nil {
      throw ValidationError("--from and --since cannot both be given")
    }
    if let limit, limit < 1 { throw ValidationError("--limit has to be 1 or more") }
  }

  func run(in session: Session) async throws {
    let events = session.client.watchEvents(
      from: start(now: session.surroundings.now()), filter: try filter(session),
      includeContent: content, heartbeat: heartbeat?.duration ?? .seconds(15),
      untilNow: !follow, onConnection: session.tell)
    var left = limit ?? .max
    for try await batch in events.batches {
      show(batch, atMost: left, session)
      left -= batch.events.count
      if left <= 0 { break }
    }
  }

  func start(now: Double) -> EventStart {
    if let since {
      return .time(WellKnown.Timestamp(secondsSinceEpoch: now - since.duration.seconds))
    }
    switch from {
    case nil: return follow ? .now : .beginning
    case "beginning": return .beginning
    case "now": return .now
    case .some(let place):
      return WellKnown.Timestamp(rfc3339: place).map { .time($0) } ?? .cursor(place)
    }
  }

  private func filter(_ session: Session) throws -> EventFilter {
    EventFilter(
      pools: pool, taskIDs: try task.map(session.lastTask.resolve), kinds: kind,
      types: type.map(\.type), labels: label.dictionary, expression: filterText)
  }

  private func show(_ batch: EventBatch, atMost count: Int, _ session: Session) {
    var text = ""
    let style = session.style
    for (index, event) in batch.events.prefix(count).enumerated() {
      let isLast = index == batch.events.count - 1
      let line =
        switch session.format {
        case .json: JSON(event, cursor: isLast ? batch.cursor : nil).text
        case .table:
          EventLine.text(event, style: style, width: session.surroundings.outputWidth)
        }
      text += line + "\n"
    }
    if batch.events.isEmpty, heartbeat != nil, session.format == .json {
      text = JSON.object([JSON.Field("cursor", .string(batch.cursor))]).text + "\n"
    }
    if !text.isEmpty { session.surroundings.output.write(text) }
  }
}
