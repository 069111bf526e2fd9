/// A method as a server runs it.
final class ServerMethod: Sendable {
  let descriptor: MethodDescriptor
  let path: [UInt8]
  let requestBytesMax: Int
  let hasSingleRequest: Bool
  let run: @Sendable (ServerCall) async -> Void

  init(_ entry: MethodEntry, requestBytesMax: Int) {
    descriptor = entry.descriptor
    path = Array(entry.descriptor.path.utf8)
    self.requestBytesMax = entry.requestBytesMax ?? requestBytesMax
    hasSingleRequest = entry.descriptor.kind.hasSingleRequest
    run = entry.run
  }
}

/// Finds a method by the bytes of its path: one hash over length and ends, one comparison.
struct MethodTable: Sendable {
  private let methods: [ServerMethod]
  /// Indices into `methods` with open addressing; −1: free.
  private let slots: [Int32]
  private let services: Set<String>

  init(_ router: ServerRouter, requestBytesMax: Int) {
    methods = router.entries.map { ServerMethod($0, requestBytesMax: requestBytesMax) }
    services = Set(router.methods.map(\.service))
    var capacity = 16
    while capacity < methods.count * 4 { capacity *= 2 }
    var slots = [Int32](repeating: -1, count: capacity)
    for (index, method) in methods.enumerated() {
      var slot = method.path.withUnsafeBytes { Self.hash($0) } & (capacity - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = Int32(index)
    }
    self.slots = slots
  }

  func find(_ path: UnsafeRawBufferPointer) -> ServerMethod? {
    let mask = slots.count - 1
    var slot = Self.hash(path) & mask
    while slots[slot] >= 0 {
      let method = methods[Int(slots[slot])]
      let isSame = method.path.withUnsafeBytes {
        $0.count == path.count && equalBytes($0, path, path.count)
      }
      if isSame { return method }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Why there is no such method.
  func explainMissing(_ path: String) -> RPCStatus {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    if path.hasPrefix("/"), parts.count == 3, services.contains(String(parts[1])) {
      return RPCStatus(
        code: .unimplemented, message: "unknown method \(parts[2]) of service \(parts[1])")
    }
    return RPCStatus(code: .unimplemented, message: "unknown service or path \(path.prefix(256))")
  }

  private static func hash(_ path: UnsafeRawBufferPointer) -> Int {
    var hash = UInt64(truncatingIfNeeded: path.count) &* 0x9E37_79B9_7F4A_7C15
    if path.count >= 16 {
      let tail = path.loadUnaligned(fromByteOffset: path.count &- 8, as: UInt64.self)
      let beforeTail = path.loadUnaligned(fromByteOffset: path.count &- 16, as: UInt64.self)
      hash = (hash ^ tail) &* 0xFF51_AFD7_ED55_8CCD
      hash = (hash ^ (hash >> 32) ^ beforeTail) &* 0xC4CE_B9FE_1A85_EC53
    } else {
      for byte in path { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }
    return Int(truncatingIfNeeded: (hash ^ (hash >> 29)) >> 1)
  }
}
