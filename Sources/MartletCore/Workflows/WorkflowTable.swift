/// The workflows that are known: those that run and the newest that have ended.
package struct WorkflowTable: Hashable, Sendable {
  /// In boxes: a copy of the table, which looks and the index take, costs a reference each.
  private var boxes: [WorkflowID: RecordBox<WorkflowRecord>] = [:]
  /// The newest that was submitted.
  package private(set) var last = WorkflowID(rawValue: 0)
  /// By rising id, as are the next.
  private var ended: [WorkflowID] = []
  private var succeeded: [String: [WorkflowID]] = [:]
  private var requests: [String: WorkflowID] = [:]

  package init() {}

  package init(_ records: [WorkflowRecord], last: WorkflowID) {
    for record in records.sorted(by: { $0.id < $1.id }) { set(record) }
    self.last = last
  }

  package subscript(id: WorkflowID) -> WorkflowRecord? { boxes[id]?.record }

  /// Newest first.
  package var all: [WorkflowRecord] { boxes.values.map(\.record).sorted { $0.id > $1.id } }

  package var runningCount: Int { boxes.count - ended.count }

  var nextID: WorkflowID { WorkflowID(rawValue: last.rawValue + 1) }

  func repeated(_ requestID: String) -> WorkflowRecord? {
    requestID.isEmpty ? nil : requests[requestID].flatMap { self[$0] }
  }

  /// Those that have ended and are more than `keep`.
  func oldestEnded(beyond keep: Int) -> [WorkflowID] {
    Array(ended.prefix(max(0, ended.count - keep)))
  }

  /// How long the newest workflows of that name took that succeeded, newest first.
  package func durations(of name: String, limit: Int) -> [Span] {
    (succeeded[name] ?? []).suffix(limit).reversed().compactMap { id in
      self[id].flatMap { record in record.finishTime.map { $0 - record.createTime } }
    }
  }

  mutating func evolve(_ event: WorkflowEvent) {
    if event.change == .submitted { last = event.record.id }
    set(event.record)
    for id in event.forgotten { forget(id) }
  }

  mutating func count(_ member: WorkflowMember, from: TaskState?, to: TaskState) {
    guard var record = self[member.workflow] else { return }
    record.count(member, from: from, to: to)
    boxes[member.workflow] = RecordBox(record)
  }

  private mutating func set(_ record: WorkflowRecord) {
    if let before = self[record.id] { leaveLists(before) }
    if record.state != .running { ended.insertInOrder(record.id) }
    if record.state == .succeeded { succeeded[record.name, default: []].insertInOrder(record.id) }
    boxes[record.id] = RecordBox(record)
    if !record.requestID.isEmpty { requests[record.requestID] = record.id }
  }

  private mutating func forget(_ id: WorkflowID) {
    guard let record = boxes.removeValue(forKey: id)?.record else { return }
    leaveLists(record)
    if requests[record.requestID] == id { requests[record.requestID] = nil }
  }

  private mutating func leaveLists(_ record: WorkflowRecord) {
    if record.state != .running { ended.removeInOrder(record.id) }
    if record.state == .succeeded {
      succeeded[record.name]?.removeInOrder(record.id)
      if succeeded[record.name]?.isEmpty == true { succeeded[record.name] = nil }
    }
  }
}

extension [WorkflowID] {
  /// Where it is, or would be, in a list by rising id.
  private func place(of id: WorkflowID) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low
  }

  fileprivate mutating func insertInOrder(_ id: WorkflowID) { insert(id, at: place(of: id)) }

  fileprivate mutating func removeInOrder(_ id: WorkflowID) {
    let place = place(of: id)
    if place < count, self[place] == id { remove(at: place) }
  }
}
