import Testing

@Suite("Rooms")
struct RoomTests {
  /// What each room may import of others' modules; of ours, docs/ARCHITECTURE.md says it.
  private static let foreign: [String: Set<String>] = [
    "MartletProtobuf": ["Glibc"],
    "MartletRPC": ["Glibc", "NIOCore", "NIOPosix", "Synchronization"],
    "rpc-interop-server": ["Dispatch", "Glibc"],
    "rpc-interop-client": ["Glibc"],
    "rpc-fuzz": ["Glibc", "Synchronization"],
    "rpc-bench": ["Glibc"],
    "MartletRPCInstruments": [
      "Instrumentation", "Logging", "Metrics", "ServiceContextModule", "Synchronization",
      "Tracing",
    ],
    "MartletRPCServices": ["Glibc", "Synchronization"],
    "MartletRPCTLS": ["Glibc", "NIOCore", "NIOSSL", "NIOTLS", "Synchronization"],
    "MartletStore": ["Synchronization"],
    "MartletStoreSQLite": ["Dispatch", "Glibc", "Synchronization"],
    "MartletServer": [
      "Crypto", "Foundation", "Glibc", "Histogram", "Logging", "Metrics", "Subprocess",
      "Synchronization", "SystemPackage",
    ],
    "martletd": [
      "Configuration", "Foundation", "Glibc", "Logging", "Metrics", "Synchronization",
      "SystemPackage", "UnixSignals", "Yams",
    ],
    "MartletClient": ["Synchronization"],
    "MartletWorkerCheck": ["Dispatch", "Glibc", "NIOCore", "NIOPosix", "Synchronization"],
    "MartletWorker": [
      "Dispatch", "Foundation", "Glibc", "Metrics", "ServiceLifecycle", "Synchronization",
      "UnixSignals",
    ],
    "martlet": [
      "ArgumentParser", "Crypto", "Dispatch", "Foundation", "Subprocess", "Synchronization",
      "SystemPackage", "Yams",
    ],
    "protoc-gen-martlet": ["Glibc"],
    "rpc-echo-server": ["UnixSignals"],
  ]

  @Test("every room imports only what the table of docs/ARCHITECTURE.md allows it")
  func imports() throws {
    let table = try RoomTable.read()
    var wrong: [String] = []
    for file in Repository.sources {
      guard let row = table.rows.first(where: { $0.name == file.room }) else {
        wrong.append("\(file.path): the room \(file.room) is not in the table")
        continue
      }
      let allowed = row.imports.union(Self.foreign[file.room] ?? [])
      for (line, name) in file.imports where !allowed.contains(name) {
        wrong.append("\(file.path):\(line) imports \(name)")
      }
    }
    #expect(wrong == [])
  }

  @Test("the table names rooms that are there, and allows imports only from further down")
  func table() throws {
    let table = try RoomTable.read()
    #expect(table.rows.count > 10)
    let rooms = Set(Repository.sources.map(\.room))
    for (index, row) in table.rows.enumerated() {
      #expect(rooms.contains(row.name), "no room \(row.name)")
      let below = Set(table.rows[(index + 1)...].map(\.name)).union(table.cModules)
      let wrong = row.imports.subtracting(below).sorted()
      #expect(wrong == [], "\(row.name) is above what it imports")
    }
  }

  @Test(
    "Core, HTTP2 and Protobuf do without Foundation",
    arguments: ["MartletCore", "MartletHTTP2", "MartletProtobuf"])
  func withoutFoundation(room: String) {
    let files = Repository.sources.filter { $0.room == room }
    #expect(!files.isEmpty)
    let imports = Set(files.flatMap(\.imports).map(\.name))
    #expect(imports.isDisjoint(with: ["Foundation", "FoundationEssentials", "NIOCore"]))
  }

  /// The room that wraps a C library; generated code is not looked at.
  private static let wrappers = [
    "CArenaSlot": "MartletProtobuf", "CNGHTTP2": "MartletHTTP2", "CProtobufC": "MartletProtobuf",
    "CSQLite": "MartletStoreSQLite",
  ]

  @Test("each C library has one door")
  func doors() {
    for file in Repository.sources {
      for (line, name) in file.imports {
        guard let wrapper = Self.wrappers[name] else { continue }
        #expect(file.room == wrapper, "\(file.path):\(line) imports \(name)")
      }
    }
  }

  @Test("C pointers stay where C is wrapped")
  func pointers() {
    let wrapping = Set(Self.wrappers.values)
    let places = Repository.sources.filter { !wrapping.contains($0.room) }
      .flatMap { $0.places(of: /\b(?:Unsafe(?:Mutable)?(?:Raw)?Pointer|OpaquePointer)\b/) }
    Allowance(reasons: [
      "Sources/MartletServer/Handlers/Executor/SystemThread.swift":
        "threads and semaphores of the system, for which Swift has no type",
      "Sources/MartletServer/Node/Monitor.swift":
        "a mutex and a condition of the system: the engine's thread waits with a deadline",
      "Sources/MartletRPC/Client/NameResolver.swift":
        "the system's list of addresses, for which Swift has no type",
      "Sources/MartletRPC/Wire/GzipCoder.swift":
        "zlib's state, which has no other user",
      "Sources/MartletRPC/Server/MethodTable.swift":
        "looked at by every call of every loop: a table without counted references",
      "Sources/rpc-fuzz/LibFuzzer.swift":
        "libFuzzer's own interface, which is C",
    ]).check(places, "C pointers belong to the rooms that wrap C")
  }
}
