/// One address of a channel, and how far a connection to it has come.
struct Subchannel: Equatable {
  enum State: Equatable {
    /// No connection, and nothing against making one.
    case idle
    case connecting
    /// The connection takes calls.
    case ready
    /// The last attempt failed, or its connection was of no use.
    case backingOff(until: UInt64)
  }

  let id: Int
  let address: RPCAddress
  var state = State.idle
  var backoff = ConnectionBackoff()
  /// When the attempt after the present one may begin.
  var retryAt: UInt64 = 0

  init(id: Int, address: RPCAddress) {
    self.id = id
    self.address = address
  }

  var connectivity: RPCConnectivity {
    switch state {
    case .idle: .idle
    case .connecting: .connecting
    case .ready: .ready
    case .backingOff: .transientFailure
    }
  }

  var isBackingOff: Bool { if case .backingOff = state { true } else { false } }

  var isConnecting: Bool { state == .connecting }
}
