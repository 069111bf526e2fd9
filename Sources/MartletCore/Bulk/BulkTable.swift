/// The operations that are known: those that run and the newest that have ended.
package struct BulkTable: Hashable, Sendable {
  package private(set) var records: [BulkID: BulkRecord] = [:]
  /// The newest that was started.
  package private(set) var last = BulkID(rawValue: 0)
  package private(set) var runningCount = 0

  package init() {}

  package init(_ records: [BulkRecord], last: BulkID) {
    for record in records {
      self.records[record.id] = record
      if record.state == .running { runningCount += 1 }
    }
    self.last = last
  }

  package subscript(id: BulkID) -> BulkRecord? { records[id] }

  /// Newest first.
  package var all: [BulkRecord] { records.values.sorted { $0.id > $1.id } }

  package var running: [BulkRecord] {
    runningCount == 0 ? [] : all.filter { $0.state == .running }
  }

  var nextID: BulkID { BulkID(rawValue: last.rawValue + 1) }

  func repeated(_ requestID: String) -> BulkRecord? {
    requestID.isEmpty ? nil : records.values.first { $0.requestID == requestID }
  }

  /// Those that have ended and are more than `keep`.
  func oldestEnded(beyond keep: Int) -> [BulkID] {
    let ended = all.filter { $0.state != .running }
    return ended.dropFirst(keep).map(\.id)
  }

  mutating func evolve(_ event: BulkEvent) {
    let id = event.record.id
    switch event.change {
    case .started:
      last = id
      runningCount += 1
    case .progressed: break
    case .ended: runningCount -= 1
    }
    records[id] = event.record
    for id in event.forgotten { records[id] = nil }
  }
}
