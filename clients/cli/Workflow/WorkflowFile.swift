internal import ArgumentParser
internal import Foundation
internal import MartletClient
internal import Yams

/// A workflow as people write it, in YAML (of which JSON is a part). Every key is known, or refused
/// with its line.
struct WorkflowFile {
  private let name: String
  private let surroundings: Surroundings

  /// - Parameter name: Of the file, for messages.
  init(name: String, in surroundings: Surroundings) {
    self.name = name
    self.surroundings = surroundings
  }

  func root(_ text: String) throws -> Node? {
    do {
      return try compose(yaml: text)
    } catch let error as YamlError {
      throw CommandFailure(.usage, "\(name) is no YAML: \(error)")
    }
  }

  func read(_ text: String) throws -> API.SubmitWorkflowRequest {
    let root = try root(text)
    guard let root, let fields = root.mapping else {
      throw fault("a workflow is a map with `name` and `tasks`", at: root)
    }
    try check(
      fields, knows: ["name", "pool", "tolerate_failures", "levels", "tasks", "request_id"])
    var request = API.SubmitWorkflowRequest(
      name: try self.text(fields["name"]) ?? "", pool: try self.text(fields["pool"]) ?? "",
      requestId: try self.text(fields["request_id"]) ?? "")
    if let tolerates = fields["tolerate_failures"] {
      request.tolerateFailures = try flag(tolerates)
    }
    for level in try list(fields["levels"]) { request.levels.append(try self.level(level)) }
    for task in try list(fields["tasks"]) { request.tasks.append(try self.task(task)) }
    return request
  }

  // MARK: - Parts

  /// A name, or a map of name and weight.
  private func level(_ node: Node) throws -> API.WorkflowLevelSpec {
    if let name = node.scalar?.string { return .init(name: name) }
    guard let fields = node.mapping else {
      throw fault("a level has a name and a weight", at: node)
    }
    try check(fields, knows: ["name", "weight"])
    return .init(name: try text(fields["name"]) ?? "", weight: try integer(fields["weight"]))
  }

  private static let specKeys: Set<String> = [
    "kind", "payload", "payload_file", "content_type", "labels", "priority", "run_timeout",
    "queue_timeout", "heartbeat_timeout", "retry", "worker_selector", "trace_parent",
    "fairness_key", "fairness_weight",
  ]
  private static let taskKeys = specKeys.union([
    "ref", "pool", "delay", "at", "deadline", "depends_on", "on_dependency_failure",
    "want_dependency_results", "level", "weight",
  ])

  /// What may be said of a task that is alone.
  func taskSpec(_ node: Node) throws -> API.TaskSpec {
    guard let fields = node.mapping else { throw fault("a task is a map with `kind`", at: node) }
    try check(fields, knows: Self.specKeys)
    return try spec(fields)
  }

  private func spec(_ fields: Node.Mapping) throws -> API.TaskSpec {
    var spec = API.TaskSpec(kind: try text(fields["kind"]) ?? "")
    (spec.payload, spec.contentType) = try payload(fields)
    if let type = try text(fields["content_type"]) { spec.contentType = type }
    spec.labels = try texts(fields["labels"])
    spec.priority = try integer(fields["priority"])
    spec.runTimeout = try span(fields["run_timeout"])
    spec.queueTimeout = try span(fields["queue_timeout"])
    spec.heartbeatTimeout = try span(fields["heartbeat_timeout"])
    if let retry = fields["retry"] { spec.retryPolicy = try policy(retry) }
    spec.workerSelector = try texts(fields["worker_selector"])
    spec.traceParent = try text(fields["trace_parent"]) ?? ""
    spec.fairnessKey = try text(fields["fairness_key"]) ?? ""
    spec.fairnessWeight = try integer(fields["fairness_weight"])
    return spec
  }

  private func task(_ node: Node) throws -> API.WorkflowTaskSpec {
    guard let fields = node.mapping else { throw fault("a task is a map with `kind`", at: node) }
    try check(fields, knows: Self.taskKeys)
    var spec = try spec(fields)
    if let delay = try span(fields["delay"]) { spec.start = .delay(delay) }
    if let at = try time(fields["at"]) { spec.start = .scheduleTime(at) }
    spec.deadline = try time(fields["deadline"])
    spec.ref = try text(fields["ref"]) ?? ""
    spec.dependsOn = try names(fields["depends_on"])
    spec.onDependencyFailure = try rule(fields["on_dependency_failure"])
    if let wants = fields["want_dependency_results"] {
      spec.wantDependencyResults = try flag(wants)
    }
    return .init(
      pool: try text(fields["pool"]) ?? "", spec: spec, level: try text(fields["level"]) ?? "",
      weight: try integer(fields["weight"]))
  }

  /// A text is taken as it is; anything else becomes JSON.
  private func payload(_ fields: Node.Mapping) throws -> ([UInt8], String) {
    if let file = try text(fields["payload_file"]) {
      let bytes = try PayloadSource.bytes(ofFile: file, in: surroundings)
      return (bytes, PayloadSource.contentType(of: bytes))
    }
    guard let node = fields["payload"] else { return ([], "") }
    if let scalar = node.scalar, node.tag == Tag(.str) {
      let bytes = Array(scalar.string.utf8)
      return (bytes, PayloadSource.contentType(of: bytes))
    }
    return (Array(json(node).text.utf8), "application/json")
  }

  private func json(_ node: Node) -> JSON {
    switch node {
    case .mapping(let fields):
      return .object(fields.map { JSON.Field($0.key.string ?? "", json($0.value)) })
    case .sequence(let nodes): return .array(nodes.map { json($0) })
    default:
      if node.null != nil { return .null }
      if let value = node.bool { return .bool(value) }
      if let value = node.int { return .integer(Int64(value)) }
      if let value = node.float { return .number(value) }
      return .string(node.string ?? "")
    }
  }

  private func policy(_ node: Node) throws -> API.RetryPolicy {
    guard let fields = node.mapping else { throw fault("`retry` is a map", at: node) }
    try check(
      fields,
      knows: [
        "max_attempts", "initial_backoff", "factor", "max_backoff", "jitter",
        "non_retryable_codes",
      ])
    return .init(
      maxAttempts: try integer(fields["max_attempts"]),
      initialBackoff: try span(fields["initial_backoff"]),
      factor: try number(fields["factor"]), maxBackoff: try span(fields["max_backoff"]),
      jitter: try number(fields["jitter"]),
      nonRetryableCodes: try names(fields["non_retryable_codes"]))
  }

  private func rule(_ node: Node?) throws -> API.DependencyRule {
    guard let node else { return .unspecified }
    guard let rule = node.string.flatMap({ DependencyOptions.Rule(word: $0) }) else {
      throw fault("`on_dependency_failure` is cancel, run_anyway or hold", at: node)
    }
    return rule.value
  }

  // MARK: - Values

  func text(_ node: Node?) throws -> String? {
    guard let node else { return nil }
    guard let text = node.scalar?.string else { throw fault("a text is expected here", at: node) }
    return text
  }

  private func flag(_ node: Node) throws -> Bool {
    guard let flag = node.bool else { throw fault("true or false is expected here", at: node) }
    return flag
  }

  func integer(_ node: Node?) throws -> Int32? {
    guard let node else { return nil }
    guard let number = node.int.flatMap({ Int32(exactly: $0) }) else {
      throw fault("a whole number is expected here", at: node)
    }
    return number
  }

  private func number(_ node: Node?) throws -> Double? {
    guard let node else { return nil }
    guard let number = node.float else { throw fault("a number is expected here", at: node) }
    return number
  }

  func span(_ node: Node?) throws -> WellKnown.Duration? {
    guard let node else { return nil }
    guard let span = node.scalar.flatMap({ DurationArgument(argument: $0.string) }) else {
      throw fault("a span of time is expected here, such as 250ms, 10s or 1h30m", at: node)
    }
    return WellKnown.Duration(span.duration)
  }

  func time(_ node: Node?) throws -> WellKnown.Timestamp? {
    guard let node else { return nil }
    guard let time = node.scalar.flatMap({ TimeArgument(argument: $0.string) }) else {
      throw fault("a time (RFC 3339) or a span from now is expected here", at: node)
    }
    return time.timestamp(now: surroundings.now())
  }

  private func list(_ node: Node?) throws -> [Node] {
    guard let node else { return [] }
    guard let nodes = node.sequence else { throw fault("a list is expected here", at: node) }
    return Array(nodes)
  }

  /// A list of names, or one name.
  private func names(_ node: Node?) throws -> [String] {
    if let name = node?.scalar?.string { return [name] }
    return try list(node).map { node in
      guard let name = node.scalar?.string else { throw fault("a name is expected here", at: node) }
      return name
    }
  }

  private func texts(_ node: Node?) throws -> [String: String] {
    guard let node else { return [:] }
    guard let fields = node.mapping else { throw fault("a map of texts is expected", at: node) }
    var texts: [String: String] = [:]
    for (key, value) in fields { texts[key.string ?? ""] = try text(value) }
    return texts
  }

  func check(_ fields: Node.Mapping, knows keys: Set<String>) throws {
    var seen: Set<String> = []
    for (key, _) in fields {
      let name = key.string ?? ""
      guard keys.contains(name) else {
        throw fault(
          "`\(name)` is not known here; use \(keys.sorted().joined(separator: ", "))", at: key)
      }
      if !seen.insert(name).inserted { throw fault("`\(name)` is there twice", at: key) }
    }
  }

  func fault(_ what: String, at node: Node?) -> CommandFailure {
    let place = node?.mark.map { ", line \($0.line)" } ?? ""
    return CommandFailure(.usage, "\(name)\(place): \(what).")
  }
}
