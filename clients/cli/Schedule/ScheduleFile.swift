internal import MartletClient
internal import Yams

/// A schedule as people write it, in YAML. Every key is known, or refused with its line.
enum ScheduleFile {
  private static let keys: Set<String> = [
    "name", "cron", "interval", "time_zone", "jitter", "start_time", "end_time", "max_runs",
    "overlap_policy", "catch_up_window", "pool", "task",
  ]

  static func read(
    _ file: String, in surroundings: Surroundings
  ) throws -> (name: String, spec: API.ScheduleSpec) {
    let bytes = try PayloadSource.bytes(ofFile: file, in: surroundings)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure(.usage, "\(file) is no text in UTF-8.")
    }
    let reader = WorkflowFile(name: file == "-" ? "the schedule" : file, in: surroundings)
    return try read(text, with: reader)
  }

  static func read(
    _ text: String, with reader: WorkflowFile
  ) throws -> (name: String, spec: API.ScheduleSpec) {
    let root = try reader.root(text)
    guard let root, let fields = root.mapping else {
      throw reader.fault("a schedule is a map with `name` and `cron` or `interval`", at: root)
    }
    try reader.check(fields, knows: keys)
    var spec = API.ScheduleSpec(
      timeZone: try reader.text(fields["time_zone"]) ?? "",
      jitter: try reader.span(fields["jitter"]),
      startTime: try reader.time(fields["start_time"]),
      endTime: try reader.time(fields["end_time"]),
      maxRuns: try reader.integer(fields["max_runs"]).map { Int64($0) },
      overlapPolicy: try overlap(fields["overlap_policy"], reader),
      catchUpWindow: try reader.span(fields["catch_up_window"]),
      pool: try reader.text(fields["pool"]) ?? "")
    if let cron = try reader.text(fields["cron"]) { spec.timing = .cron(cron) }
    if let interval = try reader.span(fields["interval"]) {
      if spec.timing != nil {
        throw reader.fault("`cron` and `interval` cannot both be there", at: root)
      }
      spec.timing = .interval(interval)
    }
    if let task = fields["task"] { spec.task = try reader.taskSpec(task) }
    return (try reader.text(fields["name"]) ?? "", spec)
  }

  private static func overlap(
    _ node: Node?, _ reader: WorkflowFile
  ) throws -> API.OverlapPolicy {
    guard let node else { return .unspecified }
    let text = node.string?.replacing("_", with: "-") ?? ""
    guard let known = OverlapArgument(rawValue: text) else {
      throw reader.fault(
        "`overlap_policy` is skip, buffer_one, allow_all or cancel_other", at: node)
    }
    return known.policy
  }
}
