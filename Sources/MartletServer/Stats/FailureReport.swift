package import MartletCore
package import MartletStore

/// Groups of failures of a range, over all its pairs.
package struct FailureReport: Sendable {
  package struct Entry: Sendable {
    package var group: FailureGroup
    package var attemptsByPool: [PoolID: Int64] = [:]
    package var attemptsByKind: [KindID: Int64] = [:]
  }

  /// The most frequent first.
  package private(set) var entries: [Entry] = []
  package let revision: Revision

  package init(
    _ look: StatsLook, _ span: StatsSpan, _ selection: StatsSelection
  ) throws(StoreFailure) {
    revision = look.revision
    var found: [FailureGroup.Mark: Entry] = [:]
    try look.forEachFailure(span, selection) { pair, group in
      if found[group.mark]?.group.merge(group) == nil { found[group.mark] = Entry(group: group) }
      found[group.mark]?.attemptsByPool[pair.pool, default: 0] += group.attempts
      found[group.mark]?.attemptsByKind[pair.kind, default: 0] += group.attempts
    }
    entries = found.values.sorted { a, b in
      let (a, b) = (a.group, b.group)
      if a.attempts != b.attempts { return a.attempts > b.attempts }
      if a.last != b.last { return a.last > b.last }
      return (a.mark.code, a.mark.pattern ?? "") < (b.mark.code, b.mark.pattern ?? "")
    }
  }
}
