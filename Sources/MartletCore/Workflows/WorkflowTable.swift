/// The workflows that are known: those that run and the newest that have ended.
package struct WorkflowTable: Hashable, Sendable {
  package private(set) var records: [WorkflowID: WorkflowRecord] = [:]
  /// The newest that was submitted.
  package private(set) var last = WorkflowID(rawValue: 0)
  package private(set) var runningCount = 0
  private var requests: [String: WorkflowID] = [:]

  package init() {}

  package init(_ records: [WorkflowRecord], last: WorkflowID) {
    for record in records { set(record) }
    self.last = last
  }

  package subscript(id: WorkflowID) -> WorkflowRecord? { records[id] }

  /// Newest first.
  package var all: [WorkflowRecord] { records.values.sorted { $0.id > $1.id } }

  var nextID: WorkflowID { WorkflowID(rawValue: last.rawValue + 1) }

  func repeated(_ requestID: String) -> WorkflowRecord? {
    requestID.isEmpty ? nil : requests[requestID].flatMap { records[$0] }
  }

  /// Those that have ended and are more than `keep`.
  func oldestEnded(beyond keep: Int) -> [WorkflowID] {
    let ended = records.count - runningCount
    guard ended > keep else { return [] }
    return Array(
      records.values.lazy.filter { $0.state != .running }.map(\.id).sorted().prefix(ended - keep))
  }

  /// How long the newest workflows of that name took that succeeded, newest first.
  package func durations(of name: String, limit: Int) -> [Span] {
    records.values.lazy.filter { $0.name == name && $0.state == .succeeded }
      .sorted { $0.id > $1.id }.prefix(limit)
      .compactMap { record in record.finishTime.map { $0 - record.createTime } }
  }

  mutating func evolve(_ event: WorkflowEvent) {
    if event.change == .submitted { last = event.record.id }
    set(event.record)
    for id in event.forgotten { forget(id) }
  }

  mutating func count(_ member: WorkflowMember, from: TaskState?, to: TaskState) {
    records[member.workflow]?.count(member, from: from, to: to)
  }

  private mutating func set(_ record: WorkflowRecord) {
    if records[record.id]?.state == .running { runningCount -= 1 }
    if record.state == .running { runningCount += 1 }
    records[record.id] = record
    if !record.requestID.isEmpty { requests[record.requestID] = record.id }
  }

  private mutating func forget(_ id: WorkflowID) {
    guard let record = records.removeValue(forKey: id) else { return }
    if record.state == .running { runningCount -= 1 }
    if requests[record.requestID] == id { requests[record.requestID] = nil }
  }
}
