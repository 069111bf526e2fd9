internal import Synchronization

/// Numbers that tell the servers, listeners and connections of a process apart, from 1 up.
enum InspectionID {
  private static let last = Atomic<Int>(0)

  static func next() -> Int { last.wrappingAdd(1, ordering: .relaxed).newValue }
}

/// The servers of the process, for looking inside.
enum ServerRegistry {
  private struct Entry: Sendable {
    weak let server: RPCServer?
  }

  private static let entries = Mutex<[Int: Entry]>([:])

  static func add(_ server: RPCServer) {
    entries.withLock { $0[server.id] = Entry(server: server) }
  }

  static func remove(_ id: Int) { entries.withLock { _ = $0.removeValue(forKey: id) } }

  static var servers: [RPCServer] {
    entries.withLock { entries in
      entries.sorted { $0.key < $1.key }.compactMap(\.value.server)
    }
  }
}
