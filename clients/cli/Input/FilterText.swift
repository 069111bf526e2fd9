/// Conditions written as the filter language wants them, joined by AND.
struct FilterText: Equatable {
  private(set) var text = ""

  mutating func add(_ condition: String) {
    text += text.isEmpty ? condition : " AND \(condition)"
  }

  mutating func add(field: String, equals value: String) {
    add("\(field) = \(Self.quoted(value))")
  }

  mutating func add(label: LabelArgument) {
    add("labels.\(Self.quoted(label.key)) = \(Self.quoted(label.value))")
  }

  /// In double quotes, in which only `"` and `\` mean something.
  private static func quoted(_ text: String) -> String {
    let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"\(escaped)\""
  }
}
