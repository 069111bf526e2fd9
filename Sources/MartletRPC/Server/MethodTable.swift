/// A method as a server runs it.
final class ServerMethod: Sendable {
  let descriptor: MethodDescriptor
  let path: [UInt8]
  let requestBytesMax: Int
  let hasSingleRequest: Bool
  let interceptors: [any ServerInterceptor]
  let hasInterceptors: Bool
  private let observers: [any ServerCallObserver]
  let hasObservers: Bool
  let run: @Sendable (ServerCall) async -> Void

  init(_ entry: MethodEntry, requestBytesMax: Int, interceptors: [any ServerInterceptorFactory]) {
    descriptor = entry.descriptor
    path = Array(entry.descriptor.path.utf8)
    self.requestBytesMax = entry.requestBytesMax ?? requestBytesMax
    hasSingleRequest = entry.descriptor.kind.hasSingleRequest
    self.interceptors = interceptors.compactMap { $0.interceptor(for: entry.descriptor) }
    hasInterceptors = !self.interceptors.isEmpty
    observers = interceptors.compactMap { $0.observer(of: entry.descriptor) }
    hasObservers = !observers.isEmpty
    run = entry.run
  }

  func tellObservers(_ code: StatusCode, nanoseconds: Int64) {
    // A loop over the array would copy each, and count references.
    observers.withUnsafeBufferPointer { observers in
      for index in observers.indices { observers[index].callEnded(code, nanoseconds: nanoseconds) }
    }
  }
}

/// Finds a method by the bytes of its path: one hash over length and ends, one comparison.
///
/// Kept as bare pointers, because a lookup that counts references costs more than the comparison.
/// `@unchecked Sendable`: nothing changes after `init`.
final class MethodTable: @unchecked Sendable {
  private struct Slot {
    var path: UnsafeRawBufferPointer
    var method: Unmanaged<ServerMethod>
  }

  private let methods: [ServerMethod]
  /// Open addressing; nil: free. At most a quarter is used, so every search ends.
  private let slots: UnsafeMutablePointer<Slot?>
  private let mask: Int
  private let services: Set<String>

  init(_ router: ServerRouter, requestBytesMax: Int) {
    methods = router.entries.map {
      ServerMethod($0, requestBytesMax: requestBytesMax, interceptors: router.interceptors)
    }
    services = Set(router.methods.map(\.service))
    var capacity = 16
    while capacity < methods.count * 4 { capacity *= 2 }
    mask = capacity - 1
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: nil, count: capacity)
    for method in methods {
      let path = UnsafeMutableRawBufferPointer.allocate(byteCount: method.path.count, alignment: 1)
      path.copyBytes(from: method.path)
      var slot = Self.hash(UnsafeRawBufferPointer(path)) & mask
      while slots[slot] != nil { slot = (slot + 1) & mask }
      slots[slot] = Slot(
        path: UnsafeRawBufferPointer(path), method: Unmanaged.passUnretained(method))
    }
  }

  deinit {
    for slot in 0...mask { slots[slot]?.path.deallocate() }
    slots.deallocate()
  }

  /// The method lives as long as the table.
  func find(_ path: UnsafeRawBufferPointer) -> Unmanaged<ServerMethod>? {
    var index = Self.hash(path) & mask
    while let slot = slots[index] {
      if slot.path.count == path.count, equalBytes(slot.path, path, path.count) {
        return slot.method
      }
      index = (index &+ 1) & mask
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
