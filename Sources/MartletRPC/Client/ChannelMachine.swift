/// Decides when a channel connects, and what becomes of its calls meanwhile. A value: no sockets,
/// no timers, no random.
struct ChannelMachine {
  enum State: Equatable {
    /// No connection and no reason to have one.
    case idle
    case connecting
    /// The connection takes calls.
    case ready
    /// The last attempt failed; the next is due when the timer fires.
    case backingOff(reason: String)
    case closed
  }

  private(set) var state = State.idle

  enum OnCall: Equatable {
    case send
    case enqueue
    case enqueueAndConnect
    case fail(RPCStatus)
  }

  /// A call wants a connection.
  mutating func call(waitsForReady: Bool) -> OnCall {
    switch state {
    case .ready: return .send
    case .connecting: return .enqueue
    case .idle:
      state = .connecting
      return .enqueueAndConnect
    case .backingOff(let reason):
      if waitsForReady { return .enqueue }
      return .fail(RPCStatus(code: .unavailable, message: reason))
    case .closed:
      return .fail(RPCStatus(code: .unavailable, message: "the channel is closed"))
    }
  }

  /// The server's first frame has come. False: the channel was closed meanwhile, close the
  /// connection.
  mutating func connected() -> Bool {
    guard state == .connecting else { return false }
    state = .ready
    return true
  }

  /// The attempt failed. True: start the timer, and fail the calls that do not wait.
  mutating func connectFailed(reason: String) -> Bool {
    guard state == .connecting else { return false }
    state = .backingOff(reason: reason)
    return true
  }

  /// The wait is over. True: connect.
  mutating func retryDue(hasWaitingCalls: Bool) -> Bool {
    guard case .backingOff = state else { return false }
    state = hasWaitingCalls ? .connecting : .idle
    return hasWaitingCalls
  }

  /// The connection in use takes no more calls (lost, or GOAWAY). True: connect.
  mutating func connectionEnded(hasWaitingCalls: Bool) -> Bool {
    guard state == .ready else { return false }
    state = hasWaitingCalls ? .connecting : .idle
    return hasWaitingCalls
  }

  mutating func close() { state = .closed }
}
