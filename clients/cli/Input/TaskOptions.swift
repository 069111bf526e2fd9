internal import ArgumentParser
internal import MartletClient

/// What a submitter may say about a task beside its kind and payload.
struct TaskOptions: ParsableArguments {
  @Option(
    name: [.long, .customShort("l")],
    help: .init("A label of the task; may be repeated.", valueName: "key=value"))
  var label: [LabelArgument] = []

  @Option(help: .init("0 to 10, 10 first (5 if unset).", valueName: "n"))
  var priority: Int32?

  @Option(help: .init("Start no sooner than after this long.", valueName: "duration"))
  var delay: DurationArgument?

  @Option(
    help: .init("Start no sooner than at this time (RFC 3339).", valueName: "time"))
  var at: TimeArgument?

  @Option(
    help: .init(
      "Longest time that one attempt may run (the pool's if unset).",
      valueName: "duration"))
  var runTimeout: DurationArgument?

  @Option(
    help: .init(
      "Longest time that it may wait in the queue: then it fails for good (the pool's if unset).",
      valueName: "duration"))
  var queueTimeout: DurationArgument?

  @Option(
    help: .init(
      "Longest time that its handler may be silent: then the attempt fails (the pool's if unset).",
      valueName: "duration"))
  var heartbeatTimeout: DurationArgument?

  @Option(
    help: .init(
      "When the task as a whole fails, whatever it does then: a time or a span from now.",
      valueName: "time|duration"))
  var deadline: TimeArgument?

  @Option(
    help: .init("Media type of the payload (guessed if unset).", valueName: "type"))
  var contentType: String?

  @Option(help: .init("W3C trace context, handed to the handler.", valueName: "traceparent"))
  var traceParent: String?

  @Option(
    help: .init(
      "A label that workers must have to run it. Repeatable.", valueName: "key=value"))
  var workerSelector: [LabelArgument] = []

  @OptionGroup(title: "Fairness") var fairness: FairnessOptions
  @OptionGroup(title: "Retries") var retries: RetryOptions

  func validate() throws {
    if delay != nil, at != nil {
      throw ValidationError("--delay and --at cannot both be given")
    }
  }

  func spec(kind: String, payload: [UInt8], now: Double) -> API.TaskSpec {
    var spec = API.TaskSpec(
      kind: kind, payload: payload,
      contentType: contentType ?? PayloadSource.contentType(of: payload),
      labels: label.dictionary, priority: priority, retryPolicy: retries.policy)
    if let delay { spec.start = .delay(WellKnown.Duration(delay.duration)) }
    if let at { spec.start = .scheduleTime(at.timestamp(now: now)) }
    spec.runTimeout = runTimeout.map { WellKnown.Duration($0.duration) }
    spec.queueTimeout = queueTimeout.map { WellKnown.Duration($0.duration) }
    spec.heartbeatTimeout = heartbeatTimeout.map { WellKnown.Duration($0.duration) }
    spec.deadline = deadline?.timestamp(now: now)
    spec.traceParent = traceParent ?? ""
    spec.workerSelector = workerSelector.dictionary
    spec.fairnessKey = fairness.fairnessKey ?? ""
    spec.fairnessWeight = fairness.fairnessWeight
    return spec
  }
}
