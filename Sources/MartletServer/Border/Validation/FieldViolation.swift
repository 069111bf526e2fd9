/// One rule that one field of a request breaks.
package struct FieldViolation: Hashable, Sendable {
  /// What the field as a whole is about: a caller may treat these apart.
  package enum Reason: Hashable, Sendable {
    case field
    case filter
    case pageToken
  }

  /// The path from the request: `specs[3].retry_policy.max_attempts`.
  package var field: String
  /// What is allowed, to be read behind the path: `must be 1 to 1,000`.
  package var description: String
  package var reason: Reason
  /// Of a filter: the character that is wrong, counted from 1.
  package var position: Int?
  /// Of a filter: what is around that place, and a line with `^` under it.
  package var excerpt: String?

  package init(
    field: String, description: String, reason: Reason = .field, position: Int? = nil,
    excerpt: String? = nil
  ) {
    self.field = field
    self.description = description
    self.reason = reason
    self.position = position
    self.excerpt = excerpt
  }
}

/// A request that breaks at least one rule, with all that it breaks, in the order of its fields.
package struct InvalidRequest: Error, Hashable, Sendable {
  package var violations: [FieldViolation]
  /// How many more there are, beyond what a reply can carry.
  package var omitted: Int

  package init(violations: [FieldViolation], omitted: Int = 0) {
    self.violations = violations
    self.omitted = omitted
  }

  package init(field: String, description: String) {
    self.init(violations: [FieldViolation(field: field, description: description)])
  }
}

/// Where in a request a check is: cheap to hand down, and text only once there is a violation.
struct FieldPath {
  enum Root {
    case request
    case spec
    case task
    case specs(Int)
    case levels(Int)
    /// Of a workflow.
    case workflowTasks(Int)
    case workflowSpecs(Int)
    case scheduleTask
  }

  enum Element {
    case whole
    case index(Int)
    case key(String)
  }

  var root: Root
  /// A message between the root and the field, such as `retry_policy`.
  var message: StaticString?

  static let request = FieldPath(root: .request)
  static let spec = FieldPath(root: .spec)
  static let task = FieldPath(root: .task)
  static func specs(_ index: Int) -> FieldPath { FieldPath(root: .specs(index)) }

  init(root: Root, message: StaticString? = nil) {
    self.root = root
    self.message = message
  }

  func inside(_ message: StaticString) -> FieldPath { FieldPath(root: root, message: message) }

  func text(_ field: StaticString, _ element: Element) -> String {
    var text =
      switch root {
      case .request: ""
      case .spec: "spec."
      case .task: "task."
      case .specs(let index): "specs[\(index)]."
      case .levels(let index): "levels[\(index)]."
      case .workflowTasks(let index): "tasks[\(index)]."
      case .workflowSpecs(let index): "tasks[\(index)].spec."
      case .scheduleTask: "spec.task."
      }
    if let message { text += "\(message)." }
    text += "\(field)"
    switch element {
    case .whole: break
    case .index(let index): text += "[\(index)]"
    case .key(let key): text += "[\"\(key.shortened)\"]"
    }
    return text
  }
}

extension String {
  /// Fit to be quoted in an error: what came from a caller may be long or hold control characters.
  func shortened(to scalarsMax: Int) -> String {
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars.prefix(scalarsMax) {
      text.append(scalar.value < 32 ? "\u{FFFD}" : scalar)
    }
    return unicodeScalars.dropFirst(scalarsMax).isEmpty ? String(text) : String(text) + "…"
  }

  var shortened: String { shortened(to: 64) }
}
