/// What a caller's filter of tasks says, in names. Parsed once; what is asked of tasks is the
/// `TaskPredicate` made of it.
package struct TaskFilter: Hashable, Sendable {
  package var tree: FilterTree<FilterCondition>

  package init(_ tree: FilterTree<FilterCondition> = .always) { self.tree = tree }

  package static let all = TaskFilter()

  /// Says nothing: every task passes.
  package var isEmpty: Bool { tree == .always }

  /// Reads a filter as callers write it: AIP-160, as docs/filter.md has it. The empty text matches
  /// every task.
  ///
  ///     pool=digests state=RUNNING
  ///     kind="file.*" AND create_time >= 2025-01-01T00:00:00Z
  ///     labels.customer:* AND (state = FAILED OR run_time > 5m) AND NOT labels.tier = free
  package init(parsing text: String) throws(FilterError) {
    self.init(try FilterParser.tree(of: text, in: .tasks))
  }
}

/// What a caller's filter of events says. The same language, other fields.
package struct EventPredicate: Hashable, Sendable {
  package var tree: FilterTree<FilterCondition>

  package var isEmpty: Bool { tree == .always }

  package init(_ tree: FilterTree<FilterCondition> = .always) { self.tree = tree }

  /// - Parameter types: The names of all types of events, without their prefix.
  package init(parsing text: String, types: [String]) throws(FilterError) {
    self.init(try FilterParser.tree(of: text, in: .events(types: types)))
  }

  package func matches(_ event: some FilterSubject) -> Bool {
    // Events have no spans that last until now.
    tree.holds { $0.holds(for: event, at: WallTime(nanoseconds: 0)) }
  }
}

extension FilterParser {
  fileprivate static func tree(
    of text: String, in vocabulary: FilterVocabulary
  ) throws(FilterError) -> FilterTree<FilterCondition> {
    do throws(FilterFault) {
      guard text.utf8.count <= textBytesMax else {
        throw FilterFault(
          message: "a filter has at most \(textBytesMax) bytes", position: textBytesMax)
      }
      var parser = FilterParser(text, names: vocabulary.names)
      return try parser.expression().map { (restriction) throws(FilterFault) in
        try vocabulary.condition(restriction)
      }
    } catch {
      throw FilterError(
        message: error.message, offset: codePoints(in: text, before: error.position),
        excerpt: FilterError.excerpt(of: text, at: error.position))
    }
  }

  /// How many code points begin before a byte's position.
  private static func codePoints(in text: String, before position: Int) -> Int {
    text.utf8.prefix(position).count { $0 & 0xC0 != 0x80 }
  }
}
