internal import Foundation
internal import MartletClient

/// One task as a line of JSON.
struct BatchLine {
  private let fields: [String: Any]
  private let number: Int

  private static let known: Set = [
    "kind", "payload", "payload_base64", "content_type", "labels", "priority", "delay",
    "run_timeout", "queue_timeout", "heartbeat_timeout", "max_attempts", "ref",
    "depends_on", "on_dependency_failure", "want_dependency_results",
  ]

  init(_ line: [UInt8], number: Int) throws {
    self.number = number
    let object = try? JSONSerialization.jsonObject(with: Data(line))
    guard let fields = object as? [String: Any] else {
      throw Self.failure(number, "is not a JSON object")
    }
    self.fields = fields
    if let unknown = fields.keys.sorted().first(where: { !Self.known.contains($0) }) {
      throw failure("has a field `\(unknown)` that a task does not have")
    }
  }

  /// The task: what the line says, else what the template says.
  func applied(to template: API.TaskSpec) throws -> API.TaskSpec {
    var spec = template
    if let kind: String = try value("kind") { spec.kind = kind }
    if spec.kind.isEmpty { throw failure("names no `kind`") }
    if let payload = try payload() {
      spec.payload = payload
      spec.contentType =
        template.contentType.isEmpty
        ? PayloadSource.contentType(of: payload) : template.contentType
    }
    if let type: String = try value("content_type") { spec.contentType = type }
    if let labels: [String: String] = try value("labels") {
      spec.labels.merge(labels) { _, own in own }
    }
    if let priority: Int = try value("priority") { spec.priority = Int32(clamping: priority) }
    if let delay = try duration("delay") { spec.start = .delay(delay) }
    if let timeout = try duration("run_timeout") { spec.runTimeout = timeout }
    if let timeout = try duration("queue_timeout") { spec.queueTimeout = timeout }
    if let timeout = try duration("heartbeat_timeout") { spec.heartbeatTimeout = timeout }
    if let attempts: Int = try value("max_attempts") {
      var policy = spec.retryPolicy ?? API.RetryPolicy()
      policy.maxAttempts = Int32(clamping: attempts)
      spec.retryPolicy = policy
    }
    try applyDependencies(to: &spec)
    return spec
  }

  private func applyDependencies(to spec: inout API.TaskSpec) throws {
    if let ref: String = try value("ref") { spec.ref = ref }
    if let names: [String] = try value("depends_on") { spec.dependsOn = names }
    if let word: String = try value("on_dependency_failure") {
      guard let rule = DependencyOptions.Rule(word: word) else {
        throw failure("has an `on_dependency_failure` that is not cancel, run_anyway or hold")
      }
      spec.onDependencyFailure = rule.value
    }
    if let wants: Bool = try value("want_dependency_results") { spec.wantDependencyResults = wants }
  }

  private func payload() throws -> [UInt8]? {
    if let text: String = try value("payload_base64") {
      guard let data = Data(base64Encoded: text) else {
        throw failure("has a `payload_base64` that is not base 64")
      }
      return Array(data)
    }
    guard let payload = fields["payload"] else { return nil }
    if let text = payload as? String { return Array(text.utf8) }
    let json = try JSONSerialization.data(
      withJSONObject: payload, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
    return Array(json)
  }

  private func duration(_ name: String) throws -> WellKnown.Duration? {
    guard let text: String = try value(name) else { return nil }
    guard let span = DurationArgument(argument: text) else {
      throw failure("has a `\(name)` that is no duration such as \"10s\"")
    }
    return WellKnown.Duration(span.duration)
  }

  private func value<Value>(_ name: String) throws -> Value? {
    guard let any = fields[name] else { return nil }
    guard let value = any as? Value else {
      throw failure("has a `\(name)` of the wrong type, \(Value.self) is expected")
    }
    return value
  }

  private func failure(_ what: String) -> CommandFailure { Self.failure(number, what) }

  private static func failure(_ number: Int, _ what: String) -> CommandFailure {
    CommandFailure(
      .usage, "line \(number) \(what): correct it, nothing of this file was submitted.")
  }
}
