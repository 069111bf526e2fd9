extension MartletClient {
  /// How a client makes its calls.
  public struct Configuration: Sendable {
    /// Who makes the changes: sent as the metadata `martlet-actor`, kept with tasks and events.
    /// Printable ASCII. Unset: the server writes down the connection's address.
    public var actor: String?

    /// How long one call may take, its repeats included. Unset: as long as it takes. Does not
    /// bound what waits by nature: `wait`, `waitUntilEnded`, `watchEvents`.
    public var timeout: Duration? = .seconds(30)

    /// How often a call that is safe to repeat is tried while the server is UNAVAILABLE: 1 to
    /// 100. Reads are; so are submits, which the client gives a request id each.
    public var attemptsMax = 5

    /// The delays between those tries.
    public var backoff = Backoff()

    /// What to do when the server says RESOURCE_EXHAUSTED and when to come back, as it does for
    /// a full queue. True: come back then, as often as it takes within `timeout`. False: throw.
    public var waitsForRoom = false

    /// How long a feed or a wait that has lost its connection tries to get it back. Unset: until
    /// its Swift task is cancelled. The first connection is tried `attemptsMax` times.
    public var lostConnectionPatience: Duration?

    /// Lets time pass; a test puts its own clock here.
    package var pause: @Sendable (Duration) async throws -> Void = { delay in
      try await Task.sleep(for: delay)
    }

    /// Without an actor the server names the peer; without a timeout a call may take for ever.
    public init(actor: String? = nil, timeout: Duration? = .seconds(30)) {
      self.actor = actor
      self.timeout = timeout
    }
  }
}
