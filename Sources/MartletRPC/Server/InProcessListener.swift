internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Where a server takes connections from channels of its own process, found by a name: pairs of
/// connected sockets, one end for each. Everything above the socket is as over the network.
final class InProcessListener: Sendable {
  private static let byName = Mutex<[String: InProcessListener]>([:])

  let name: String
  private let loops: [ServerLoop]
  private let security: TransportSecurity
  private let position = Atomic<Int>(0)

  /// Listens from now on. Throws if the name is taken; an empty one stands for any free one.
  init(name: String, loops: [ServerLoop], _ security: TransportSecurity) throws(RPCStatus) {
    self.loops = loops
    self.security = security
    let isAny = name.isEmpty
    var name = isAny ? String(InspectionID.next()) : name
    while isAny, Self.isTaken(name) { name = String(InspectionID.next()) }
    self.name = name
    let isOurs = Self.byName.withLock { listeners in
      guard listeners[self.name] == nil else { return false }
      listeners[self.name] = self
      return true
    }
    guard isOurs else {
      throw RPCStatus(
        code: .alreadyExists, message: "another server of this process is in-process:\(name)")
    }
  }

  private static func isTaken(_ name: String) -> Bool {
    byName.withLock { $0[name] != nil }
  }

  /// Takes no more connections; the name is free again.
  func close() {
    Self.byName.withLock { if $0[name] === self { $0[name] = nil } }
  }

  /// The client's end of a new connection to the server of that name.
  static func connect(to name: String) throws -> NIOBSDSocket.Handle {
    guard let listener = byName.withLock({ $0[name] }) else {
      throw NoSuchServer()
    }
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw IOError(errnoCode: errno, reason: "socketpair")
    }
    listener.accept(ends[0])
    return ends[1]
  }

  private func accept(_ socket: NIOBSDSocket.Handle) {
    let index = position.wrappingAdd(1, ordering: .relaxed).oldValue
    let serverLoop = loops[Int(UInt(bitPattern: index) % UInt(loops.count))]
    let security = security
    ClientBootstrap(group: serverLoop.loop.eventLoop)
      .channelOption(.recvAllocator, value: SocketOptions.receiveAllocator)
      .channelOption(.maxMessagesPerRead, value: 1)
      .channelOption(.writeBufferWaterMark, value: SocketOptions.writeWaterMark)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try serverLoop.prepare(channel, security, peer: "in-process")
        }
      }
      .withConnectedSocket(socket)
      .whenFailure { _ in }
  }

  private struct NoSuchServer: Error, CustomStringConvertible {
    var description: String { "no server has that name" }
  }
}
