import MartletStore
import MartletStoreSQLite
import Testing

/// The implementations of the port, all held to the same tests.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case memory
  case sqlite

  var testDescription: String { rawValue }

  /// A store with nothing in it.
  func empty() throws -> TestStore {
    switch self {
    case .memory:
      return TestStore(log: MemoryEventLog(), index: MemoryTaskIndex(), directory: nil)
    case .sqlite:
      return try .open(TestDirectory())
    }
  }
}

struct TestStore {
  let log: any EventLog
  let index: any TaskIndex
  /// nil for a store in memory.
  let directory: TestDirectory?

  static func open(_ directory: TestDirectory) throws -> TestStore {
    let store = try SQLiteStore.open(directory: directory.path)
    return TestStore(log: store.log, index: store.index, directory: directory)
  }
}
