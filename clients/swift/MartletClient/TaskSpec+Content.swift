extension API.TaskSpec {
  /// A task whose payload is JSON text.
  public init(
    kind: String, json: String, labels: [String: String] = [:], priority: Int? = nil
  ) {
    self.init(
      kind: kind, payload: Array(json.utf8), contentType: "application/json", labels: labels,
      priority: priority.map { Int32(clamping: $0) })
  }
}
