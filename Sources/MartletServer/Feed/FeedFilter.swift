import MartletAPI
package import MartletCore
import MartletProtobuf

/// Which events a subscriber wants. An event must pass every list that is not empty.
package struct FeedFilter: Sendable {
  package var pools: Set<String>
  package var tasks: Set<TaskID>
  package var kinds: Set<String>
  package var types: Set<Int32>
  package var labels: [String: String]
  /// In the filter language: decided last, since it looks at the whole event.
  package var expression: EventPredicate

  /// Names by number, learned from the events: a pool may be created after the subscription.
  private var poolVerdicts: [UInt32: Bool] = [:]
  private var kindVerdicts: [UInt32: Bool] = [:]

  package init(
    pools: Set<String> = [], tasks: Set<TaskID> = [], kinds: Set<String> = [],
    types: Set<Int32> = [], labels: [String: String] = [:],
    expression: EventPredicate = EventPredicate()
  ) {
    self.pools = pools
    self.tasks = tasks
    self.kinds = kinds
    self.types = types
    self.labels = labels
    self.expression = expression
  }

  var isEmpty: Bool {
    pools.isEmpty && tasks.isEmpty && kinds.isEmpty && types.isEmpty && labels.isEmpty
      && expression.isEmpty
  }

  /// Cheap tests first: most events are decided by numbers alone.
  mutating func passes(_ index: Int, of segment: Segment) -> Bool {
    let entry = segment.entry(index)
    if !types.isEmpty, !types.contains(Int32(bitPattern: entry.type)) { return false }
    if !tasks.isEmpty, !tasks.contains(TaskID(rawValue: entry.task)) { return false }
    if !pools.isEmpty, !poolPasses(entry.pool, index, segment),
      !leavesPool(entry, index, segment)
    {
      return false
    }
    if !kinds.isEmpty, !kindPasses(entry.kind, index, segment) { return false }
    if labels.isEmpty, expression.isEmpty { return true }
    guard let event = segment.publicEvent(index) else { return false }
    return labels.allSatisfy { event.labels[$0.key] == $0.value }
      && expression.matches(FilteredEvent(event: event))
  }

  private mutating func poolPasses(_ pool: UInt32, _ index: Int, _ segment: Segment) -> Bool {
    guard pool != 0 else { return false }
    if let known = poolVerdicts[pool] { return known }
    guard let event = segment.publicEvent(index) else { return false }
    let passes = pools.contains(event.pool)
    poolVerdicts[pool] = passes
    return passes
  }

  /// A task that moves out of a pool is of interest there, too.
  private func leavesPool(
    _ entry: SegmentFormat.Entry, _ index: Int, _ segment: Segment
  ) -> Bool {
    guard entry.type == UInt32(bitPattern: API.EventType.taskMoved.rawValue) else { return false }
    return segment.publicEvent(index).map { pools.contains($0.fromPool) } ?? false
  }

  private mutating func kindPasses(_ kind: UInt32, _ index: Int, _ segment: Segment) -> Bool {
    guard kind != .max else { return false }
    if let known = kindVerdicts[kind] { return known }
    guard let event = segment.publicEvent(index) else { return false }
    let passes = kinds.contains(event.kind)
    kindVerdicts[kind] = passes
    return passes
  }
}

extension Segment {
  /// The event as subscribers see it.
  func publicEvent(_ index: Int) -> API.Event? {
    let range = publicRange(index, index + 1)
    return bytes.withUnsafeBytes { bytes in
      var start = range.lowerBound + 1
      while start < range.upperBound, bytes[start] & 0x80 != 0 { start += 1 }
      start += 1
      guard start <= range.upperBound, range.upperBound <= bytes.count else { return nil }
      return try? API.Event(
        protobufBytes: UnsafeRawBufferPointer(rebasing: bytes[start..<range.upperBound]))
    }
  }
}
