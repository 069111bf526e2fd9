internal import MartletHTTP2
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Runs a channel on its event loop: does what the machine decides, holds the calls that wait, and
/// takes the callers' commands, many of them for one wake-up of the loop.
///
/// `@unchecked Sendable`: everything but `commands` is touched on the loop only.
final class ChannelDriver: @unchecked Sendable {
  private enum Command {
    case start(ClientCall, UnsafeContinuation<CallOutcome, Never>?)
    case fail(ClientCall, RPCStatus)
    case outboxFilled(ClientCall)
    case credit(ClientCall, Int)
    case wait(ClientCall, UnsafeContinuation<CallOutcome, Never>)
    case close(UnsafeContinuation<Void, Never>?)
  }

  private struct Commands {
    var waiting: ContiguousArray<Command> = []
    var isPosted = false
  }

  let loop: RPCEventLoop
  /// For looking inside.
  let id = InspectionID.next()
  let target: String
  let configuration: RPCChannelConfiguration
  private let place: ChannelTarget.Place
  private let authority: String
  private let commands = Mutex(Commands())

  @exclusivity(unchecked) private var spare: ContiguousArray<Command> = []
  @exclusivity(unchecked) var machine: ChannelMachine
  @exclusivity(unchecked) var record: ChannelRecord
  @exclusivity(unchecked) private var throttle: RetryThrottle?
  @exclusivity(unchecked) private var random: SeededRandom
  @exclusivity(unchecked) var queue = CallQueue()
  /// The connections of subchannels by their number, ready or in the making.
  @exclusivity(unchecked) var connections: [Int: ClientConnection] = [:]
  /// Those that take calls, as the machine has them.
  @exclusivity(unchecked) var ready: ContiguousArray<ClientConnection> = []
  /// Those that only finish the calls they have.
  @exclusivity(unchecked) var draining: [ClientConnection] = []
  @exclusivity(unchecked) var closers: [UnsafeContinuation<Void, Never>] = []
  @exclusivity(unchecked) var timer: (at: UInt64, scheduled: Scheduled<Void>)?
  /// Calls that have begun and not ended.
  @exclusivity(unchecked) private(set) var activeCalls = 0
  @exclusivity(unchecked) var idleSince: UInt64 = 0
  @exclusivity(unchecked) var idleTimer: Scheduled<Void>?
  /// For new connections; grows when a server complains.
  @exclusivity(unchecked) private(set) var keepaliveInterval: Duration?
  /// Header fields by path, made once.
  @exclusivity(unchecked) private var headers: [String: HeaderList] = [:]
  /// Those that were used last: equal strings that are one are compared faster than looked up.
  @exclusivity(unchecked) private var lastHeaders = (path: "", list: HeaderList())

  init(
    loop: RPCEventLoop, target: String, _ parsed: ChannelTarget,
    configuration: RPCChannelConfiguration
  ) {
    self.loop = loop
    self.target = target
    self.configuration = configuration
    keepaliveInterval = configuration.keepaliveInterval
    place = parsed.place
    authority = configuration.authority ?? parsed.authority
    let addresses: [RPCAddress]?
    switch parsed.place {
    case .addresses(let given): addresses = given
    case .name: addresses = nil
    }
    random = SeededRandom(seed: configuration.seed ?? UInt64.random(in: 0 ... .max))
    machine = ChannelMachine(
      addresses: addresses, ChannelMachine.Settings(configuration), seed: random.next())
    record = ChannelRecord(machine, target: target, at: loop.now)
    throttle = configuration.retryThrottling.map { RetryThrottle($0) }
  }

  // MARK: From callers, on any thread

  /// `continuation` gets the outcome, if the call has a single response.
  func start(_ call: ClientCall, _ continuation: UnsafeContinuation<CallOutcome, Never>? = nil) {
    post(.start(call, continuation))
  }
  func cancel(_ call: ClientCall) {
    fail(call, RPCStatus(code: .cancelled, message: "the call was cancelled"))
  }
  func fail(_ call: ClientCall, _ status: RPCStatus) { post(.fail(call, status)) }
  func outboxFilled(_ call: ClientCall) { post(.outboxFilled(call)) }
  func credit(_ call: ClientCall, _ byteCount: Int) { post(.credit(call, byteCount)) }
  func wait(_ call: ClientCall, _ continuation: UnsafeContinuation<CallOutcome, Never>) {
    post(.wait(call, continuation))
  }
  func close(_ continuation: UnsafeContinuation<Void, Never>?) { post(.close(continuation)) }

  private func post(_ command: Command) {
    let isFirst = commands.withLock { commands in
      commands.waiting.append(command)
      defer { commands.isPosted = true }
      return !commands.isPosted
    }
    if isFirst { loop.execute { self.runCommands() } }
  }

  private func runCommands() {
    var batch = ContiguousArray<Command>()
    swap(&batch, &spare)
    commands.withLock { commands in
      swap(&batch, &commands.waiting)
      commands.isPosted = false
    }
    for command in batch { run(command) }
    batch.removeAll(keepingCapacity: batch.count < 4096)
    swap(&batch, &spare)
  }

  private func run(_ command: Command) {
    switch command {
    case .start(let call, let continuation):
      if let continuation { call.wait(continuation) }
      begin(call)
    case .fail(let call, let status): call.end(status)
    case .outboxFilled(let call): call.sendOutbox()
    case .credit(let call, let byteCount): call.credit(byteCount)
    case .wait(let call, let continuation): call.wait(continuation)
    case .close(let continuation): closeAll(continuation)
    }
  }

  // MARK: Calls

  private func begin(_ call: ClientCall) {
    guard !call.isFinished else { return }
    call.hasBegun = true
    activeCalls &+= 1
    record.callsStarted &+= 1
    if call.deadline > 0 { loop.addDeadline(call, at: call.deadline) }
    dispatch(call)
    // The clock is read once for all that a connection writes, not for each call.
    if call.stream == nil { record.lastCallWaitedAt = loop.now }
  }

  /// A call that the server cannot have seen comes back.
  func repeatCall(_ call: ClientCall) { dispatch(call) }

  /// A call whose policy has it made again comes back.
  func repeatCall(_ call: ClientCall, after delay: UInt64) {
    loop.eventLoop.scheduleTask(in: .nanoseconds(Int64(clamping: delay))) {
      self.loop.duringTurn { if !call.isFinished { self.dispatch(call) } }
      self.loop.runTurn()
    }
  }

  /// A call that was refused again comes back after 5 ms, 10 ms and so on up to a second, ± 20 %.
  func repeatRefused(_ call: ClientCall) {
    let delay = UInt64(2_500_000) << UInt64(min(call.refusals - 1, 9))
    repeatCall(call, after: random.vary(min(delay, 1_000_000_000), by: 0.2))
  }

  func retry(
    _ call: ClientCall, _ code: StatusCode, _ pushback: RetryMachine.Pushback, canRepeat: Bool,
    _ policy: RetryPolicy
  ) -> RetryMachine.Verdict {
    call.retry.attemptFailed(
      code, pushback, canRepeat: canRepeat && !machine.isClosed, policy, &throttle, using: &random)
  }

  func ended(_ call: ClientCall, isOK: Bool) {
    if isOK { throttle?.succeeded() }
    guard call.hasBegun else { return }
    activeCalls &-= 1
    if !isOK { record.callsFailed &+= 1 }
    if activeCalls == 0 { noCallsLeft() }
  }

  private func dispatch(_ call: ClientCall) {
    if queue.isEmpty, send(call) { return }
    if machine.isClosed {
      return call.end(RPCStatus(code: .unavailable, message: "the channel is closed"))
    }
    if let reason = machine.failure, !call.options.waitForReady {
      return call.attemptFailed(RPCStatus(code: .unavailable, message: reason))
    }
    queue.append(call)
    if ready.isEmpty { perform(machine.callWaits(at: loop.now)) }
  }

  /// Sends waiting calls while there is room for them.
  func roomAppeared() {
    queue.sendWhile { call in call.isFinished || send(call) }
  }

  /// Sends the call on the next connection that has room.
  private func send(_ call: ClientCall) -> Bool {
    for _ in 0..<ready.count {
      let index = machine.pick()
      guard index < ready.count else { return false }
      if ready[index].hasRoom, send(call, on: ready[index]) { return true }
    }
    return false
  }

  private func send(_ call: ClientCall, on connection: ClientConnection) -> Bool {
    let path = call.method.path
    if lastHeaders.path != path { lastHeaders = (path, knownHeaders(path)) }
    var extra: HeaderList?
    let isPlain = call.encoding == .identity
    let previousAttempts = call.retry.previousAttempts
    if call.deadline > 0 || !call.options.metadata.isEmpty || !isPlain || previousAttempts > 0 {
      var list = HeaderList()
      if previousAttempts > 0 {
        list.append("grpc-previous-rpc-attempts", String(previousAttempts))
      }
      if !isPlain { list.append("grpc-encoding", call.encoding.rawValue) }
      if call.deadline > 0 {
        let now = loop.now
        let left = call.deadline > now ? call.deadline &- now : 1
        list.append(volatile: "grpc-timeout", GRPCTimeout.format(nanoseconds: left))
      }
      MetadataCoding.encode(call.options.metadata, into: &list)
      extra = list
    }
    return connection.open(call, headers: lastHeaders.list, adding: extra)
  }

  private func knownHeaders(_ path: String) -> HeaderList {
    if let known = headers[path] { return known }
    let made = makeHeaders(path)
    headers[path] = made
    return made
  }

  private func makeHeaders(_ path: String) -> HeaderList {
    HeaderList([
      (":method", "POST"), (":scheme", configuration.transportSecurity.scheme), (":path", path),
      (":authority", authority),
      ("te", "trailers"), ("content-type", "application/grpc"),
      ("grpc-accept-encoding", WireHeaders.acceptedEncodings),
      ("user-agent", configuration.userAgent),
    ])
  }

  /// The target's addresses have to be found.
  func resolve() {
    guard case .name(let host, let port) = place else { return }
    let resolver = configuration.resolver
    Task { [loop] in
      var found: [RPCAddress] = []
      var reason = "\(host) has no address"
      do {
        found = try await resolver.addresses(host, port).map { text in try RPCAddress(text) }
      } catch {
        reason = (error as? RPCStatus)?.message ?? "cannot resolve \(host): \(error)"
      }
      loop.execute { [found, reason] in self.resolved(found, reason) }
    }
  }

  /// The host that the target names; nil: it gives addresses.
  var host: String? {
    if case .name(let host, _) = place { host } else { nil }
  }

  /// A server complained of too many PINGs.
  func slowKeepalive() { keepaliveInterval = keepaliveInterval.map { $0 * 2 } }

  // MARK: The end

  private func closeAll(_ continuation: UnsafeContinuation<Void, Never>?) {
    machine.close()
    record.note(machine, because: nil, at: loop.now)
    timer?.scheduled.cancel()
    timer = nil
    idleTimer?.cancel()
    idleTimer = nil
    if let continuation { closers.append(continuation) }
    let status = RPCStatus(code: .cancelled, message: "the channel was closed")
    for call in queue.takeAll() { call.end(status) }
    ready = []
    for connection in draining + connections.sorted(by: { $0.key < $1.key }).map(\.value) {
      connection.closeNow("the channel was closed")
    }
    finishClosing()
  }

  func finishClosing() {
    guard machine.isClosed, draining.isEmpty, connections.isEmpty else { return }
    for closer in closers { closer.resume() }
    closers = []
  }
}
