/// Labels of a task or a pool, sorted by key (bytewise), each key once.
package struct LabelSet: Hashable, Sendable {
  package struct Label: Hashable, Sendable {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  package private(set) var labels: [Label]

  package static let none = LabelSet([:])

  package init(_ labels: [String: String]) {
    self.labels = labels.map { Label(key: $0.key, value: $0.value) }
      .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  /// Takes labels that are sorted already, as they come back from a store.
  package init(sorted labels: [Label]) { self.labels = labels }

  package var isEmpty: Bool { labels.isEmpty }

  package subscript(key: String) -> String? {
    labels.first { $0.key == key }?.value
  }

  package var dictionary: [String: String] {
    Dictionary(labels.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
  }
}
