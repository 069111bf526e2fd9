/// Decides which connections a channel makes, which of them gets the next call, and when calls
/// that do not wait fail. A value: no sockets, no timers; told the time, in nanoseconds, and where
/// chance begins.
struct ChannelMachine {
  /// What is to be done.
  enum Effect: Equatable {
    /// Find the addresses of the target's name.
    case resolve
    /// Connect the subchannel; give up after `timeout` nanoseconds.
    case connect(Int, RPCAddress, timeout: UInt64)
    /// The subchannel's connection takes no more calls and closes when it has none.
    case drain(Int)
    /// Waiting calls may be sent.
    case sendWaiting
    /// No connection can be had at present: calls that do not wait for one fail.
    case failWaiting(reason: String)
  }

  /// How much is known of the addresses.
  private enum Resolution: Equatable {
    /// They were given.
    case fixed
    case unknown
    case running
    case known(since: UInt64)
    case failed(until: UInt64)
  }

  private enum Phase { case idle, active, closed }

  struct Settings {
    var policy: LoadBalancing
    var backoff: ConnectionBackoff.Times
    /// Nanoseconds.
    var attemptDelay: UInt64
    var resolutionInterval: UInt64

    init(_ configuration: RPCChannelConfiguration) {
      policy = configuration.loadBalancing
      backoff = ConnectionBackoff.Times(configuration)
      attemptDelay = UInt64(clamping: configuration.connectionAttemptDelay.nanosecondsClamped)
      resolutionInterval = UInt64(clamping: configuration.resolutionInterval.nanosecondsClamped)
    }
  }

  private let settings: Settings
  private var random: SeededRandom
  private var phase = Phase.idle
  private var resolution: Resolution
  private var resolutionBackoff = ConnectionBackoff()
  private var resolutionRetryAt: UInt64 = 0
  private(set) var subchannels: [Subchannel] = []
  private var lastID = 0
  private var lastReason = ""
  private var nextPick = 0
  /// With `pickFirst`: when the next address joins one that is slow to answer.
  private var joinAt: UInt64?
  /// The subchannels that take calls, in the order of their addresses.
  private(set) var ready: [Int] = []

  /// `addresses`: nil if they are to be resolved.
  init(addresses: [RPCAddress]?, _ settings: Settings, seed: UInt64) {
    self.settings = settings
    random = SeededRandom(seed: seed)
    resolution = addresses == nil ? .unknown : .fixed
    for address in addresses ?? [] { add(address) }
  }

  // MARK: Calls

  var isClosed: Bool { phase == .closed }

  /// The place in `ready` that is next. There must be one.
  mutating func pick() -> Int {
    guard ready.count > 1 else { return 0 }
    nextPick = nextPick &+ 1 < ready.count ? nextPick &+ 1 : 0
    return nextPick
  }

  /// Why a call that does not wait fails now; nil: it may hope.
  var failure: String? {
    guard phase == .active, ready.isEmpty else { return nil }
    if subchannels.isEmpty {
      if case .failed = resolution { return lastReason }
      return nil
    }
    return subchannels.allSatisfy(\.isBackingOff) ? lastReason : nil
  }

  var connectivity: RPCConnectivity {
    switch phase {
    case .closed: return .shutdown
    case .idle: return .idle
    case .active: break
    }
    if !ready.isEmpty { return .ready }
    if failure != nil { return .transientFailure }
    let isResolving = subchannels.isEmpty && resolution == .running
    return isResolving || subchannels.contains(where: \.isConnecting) ? .connecting : .idle
  }

  /// A call waits, and nothing is ready for it.
  mutating func callWaits(at now: UInt64) -> [Effect] {
    if phase == .idle { phase = .active }
    return advance(at: now, hasWaitingCalls: true)
  }

  /// There was no call for long: all connections go.
  mutating func becameIdle() -> [Effect] {
    guard phase == .active else { return [] }
    phase = .idle
    return release { _ in true }
  }

  mutating func close() {
    phase = .closed
    ready = []
  }

  // MARK: Addresses

  mutating func resolved(
    _ addresses: [RPCAddress], at now: UInt64, hasWaitingCalls: Bool
  ) -> [Effect] {
    guard !addresses.isEmpty else {
      return resolveFailed(
        reason: "the name has no address", at: now, hasWaitingCalls: hasWaitingCalls)
    }
    resolution = .known(since: now)
    resolutionBackoff.reset()
    let effects = release { !addresses.contains($0.address) }
    let known = subchannels
    subchannels = []
    for address in addresses where !subchannels.contains(where: { $0.address == address }) {
      if let same = known.first(where: { $0.address == address }) {
        subchannels.append(same)
      } else {
        add(address)
      }
    }
    updateReady()
    return effects + advance(at: now, hasWaitingCalls: hasWaitingCalls)
  }

  mutating func resolveFailed(
    reason: String, at now: UInt64, hasWaitingCalls: Bool
  ) -> [Effect] {
    resolution = .failed(until: max(now, resolutionRetryAt))
    if subchannels.isEmpty { lastReason = reason }
    return failures() + advance(at: now, hasWaitingCalls: hasWaitingCalls)
  }

  private mutating func add(_ address: RPCAddress) {
    lastID += 1
    subchannels.append(Subchannel(id: lastID, address: address))
  }

  // MARK: Connections

  /// The server has spoken.
  mutating func connected(_ id: Int, at now: UInt64) -> [Effect] {
    guard phase != .closed, let index = index(of: id), subchannels[index].isConnecting else {
      return [.drain(id)]
    }
    subchannels[index].backoff.reset()
    subchannels[index].state = .ready
    var effects: [Effect] = []
    if settings.policy == .pickFirst { effects = release { $0.id != id } }
    joinAt = nil
    updateReady()
    return effects + [.sendWaiting]
  }

  mutating func connectFailed(
    _ id: Int, reason: String, at now: UInt64, hasWaitingCalls: Bool
  ) -> [Effect] {
    guard let index = index(of: id), subchannels[index].isConnecting else { return [] }
    subchannels[index].state = .backingOff(until: max(now, subchannels[index].retryAt))
    lastReason = reason
    if !subchannels.contains(where: \.isConnecting) { joinAt = nil }
    let effects = failures() + resolveAgain(at: now)
    return effects + advance(at: now, hasWaitingCalls: hasWaitingCalls)
  }

  /// A connection takes no more calls: it was lost, or the server said so. One that never carried
  /// a call counts as a failed attempt, so that a server that only hangs up is not called in a
  /// loop.
  mutating func connectionEnded(
    _ id: Int, hadCalls: Bool, reason: String, at now: UInt64, hasWaitingCalls: Bool
  ) -> [Effect] {
    guard let index = index(of: id), subchannels[index].state == .ready else { return [] }
    if hadCalls || subchannels[index].retryAt <= now {
      subchannels[index].state = .idle
    } else {
      subchannels[index].state = .backingOff(until: subchannels[index].retryAt)
      lastReason = reason
    }
    updateReady()
    let effects = failures() + resolveAgain(at: now)
    return effects + advance(at: now, hasWaitingCalls: hasWaitingCalls)
  }

  /// When time alone changes something next.
  var nextDeadline: UInt64? {
    guard phase == .active else { return nil }
    var deadlines = subchannels.compactMap { subchannel -> UInt64? in
      if case .backingOff(let until) = subchannel.state { until } else { nil }
    }
    if case .failed(let until) = resolution { deadlines.append(until) }
    if let joinAt { deadlines.append(joinAt) }
    return deadlines.min()
  }

  mutating func timePassed(at now: UInt64, hasWaitingCalls: Bool) -> [Effect] {
    guard phase == .active else { return [] }
    if case .failed(let until) = resolution, until <= now {
      resolution = subchannels.isEmpty ? .unknown : .known(since: 0)
    }
    if let joinAt, joinAt <= now { self.joinAt = nil }
    for index in subchannels.indices {
      if case .backingOff(let until) = subchannels[index].state, until <= now {
        subchannels[index].state = .idle
      }
    }
    return advance(at: now, hasWaitingCalls: hasWaitingCalls)
  }

  // MARK: Policy

  /// Begins whatever the policy wants and nothing forbids.
  private mutating func advance(at now: UInt64, hasWaitingCalls: Bool) -> [Effect] {
    guard phase == .active else { return [] }
    var effects: [Effect] = []
    let isWanted = hasWaitingCalls || settings.policy == .roundRobin
    if resolution == .unknown, isWanted { effects.append(startResolving(at: now)) }
    switch settings.policy {
    case .roundRobin:
      for index in subchannels.indices where subchannels[index].state == .idle {
        effects.append(startConnecting(index, at: now))
      }
    case .pickFirst:
      guard ready.isEmpty, hasWaitingCalls, mayStartAnother,
        let index = subchannels.firstIndex(where: { $0.state == .idle })
      else { break }
      effects.append(startConnecting(index, at: now))
    }
    return effects
  }

  /// None is connecting, or all that are have been at it for long.
  private var mayStartAnother: Bool {
    joinAt == nil || !subchannels.contains(where: \.isConnecting)
  }

  private mutating func startConnecting(_ index: Int, at now: UInt64) -> Effect {
    let attempt = subchannels[index].backoff.begin(at: now, settings.backoff, using: &random)
    subchannels[index].retryAt = attempt.retryAt
    subchannels[index].state = .connecting
    joinAt = settings.policy == .pickFirst ? now &+ settings.attemptDelay : nil
    return .connect(
      subchannels[index].id, subchannels[index].address, timeout: attempt.timeout)
  }

  private mutating func startResolving(at now: UInt64) -> Effect {
    resolution = .running
    resolutionRetryAt =
      resolutionBackoff.begin(at: now, settings.backoff, using: &random).retryAt
    return .resolve
  }

  /// A connection failed: the name may stand for something else by now.
  private mutating func resolveAgain(at now: UInt64) -> [Effect] {
    guard phase == .active, case .known(let since) = resolution,
      now &- since >= settings.resolutionInterval
    else { return [] }
    return [startResolving(at: now)]
  }

  private func failures() -> [Effect] { failure.map { [.failWaiting(reason: $0)] } ?? [] }

  /// Lets go of connections, made or in the making.
  private mutating func release(_ isReleased: (Subchannel) -> Bool) -> [Effect] {
    var effects: [Effect] = []
    for index in subchannels.indices where isReleased(subchannels[index]) {
      switch subchannels[index].state {
      case .ready, .connecting:
        effects.append(.drain(subchannels[index].id))
        subchannels[index].state = .idle
        subchannels[index].backoff.reset()
      case .idle, .backingOff:
        break
      }
    }
    if !subchannels.contains(where: \.isConnecting) { joinAt = nil }
    updateReady()
    return effects
  }

  private mutating func updateReady() {
    ready = subchannels.filter { $0.state == .ready }.map(\.id)
  }

  private func index(of id: Int) -> Int? { subchannels.firstIndex { $0.id == id } }
}
