import Foundation
import MartletStore
import MartletStoreSQLite
import Testing

/// Where a node keeps its data. Every test runs on each.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case memory
  case sqlite

  var testDescription: String { self == .memory ? "in memory" : "in files" }
}

/// A log and an index that outlive the nodes which use them, one after the other.
final class TestStore: Sendable {
  let log: any EventLog
  let index: any TaskIndex
  /// Where the files are; nil in memory.
  let directory: String?

  convenience init(_ kind: StoreKind) throws {
    switch kind {
    case .memory: self.init(MemoryEventLog(), MemoryTaskIndex(), directory: nil)
    case .sqlite:
      let folder = FileManager.default.temporaryDirectory
        .appending(path: "martlet-end-to-end-\(UUID().uuidString)")
      try self.init(directory: folder.path)
    }
  }

  private convenience init(directory: String) throws {
    let files = try SQLiteStore.open(directory: directory)
    self.init(files.log, files.index, directory: directory)
  }

  private init(_ log: any EventLog, _ index: any TaskIndex, directory: String?) {
    self.log = log
    self.index = index
    self.directory = directory
  }

  /// The same data as the next process finds it. Before, the node must have stopped: it has closed
  /// the files.
  func reopened() throws -> TestStore {
    guard let directory else { return self }
    return try TestStore(directory: directory)
  }

  func remove() {
    if let directory { try? FileManager.default.removeItem(atPath: directory) }
  }
}
