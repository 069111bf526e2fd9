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
    case cancel(ClientCall)
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
  let target: String
  let configuration: RPCChannelConfiguration
  private let address: RPCAddress
  private let commands = Mutex(Commands())

  @exclusivity(unchecked) private var spare: ContiguousArray<Command> = []
  @exclusivity(unchecked) private var machine = ChannelMachine()
  @exclusivity(unchecked) private var backoff: Backoff
  @exclusivity(unchecked) private var queue: ContiguousArray<ClientCall> = []
  @exclusivity(unchecked) private var queueStart = 0
  @exclusivity(unchecked) private var current: ClientConnection?
  @exclusivity(unchecked) private var draining: [ClientConnection] = []
  @exclusivity(unchecked) private var closers: [UnsafeContinuation<Void, Never>] = []
  /// Header fields by path, made once.
  @exclusivity(unchecked) private var headers: [String: HeaderList] = [:]

  init(
    loop: RPCEventLoop, target: String, address: RPCAddress, configuration: RPCChannelConfiguration
  ) {
    self.loop = loop
    self.target = target
    self.address = address
    self.configuration = configuration
    backoff = Backoff(configuration)
  }

  // MARK: From callers, on any thread

  /// `continuation` gets the outcome, if the call has a single response.
  func start(_ call: ClientCall, _ continuation: UnsafeContinuation<CallOutcome, Never>? = nil) {
    post(.start(call, continuation))
  }
  func cancel(_ call: ClientCall) { post(.cancel(call)) }
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
    case .cancel(let call):
      call.end(RPCStatus(code: .cancelled, message: "the call was cancelled"))
    case .outboxFilled(let call): call.sendOutbox()
    case .credit(let call, let byteCount): call.credit(byteCount)
    case .wait(let call, let continuation): call.wait(continuation)
    case .close(let continuation): closeAll(continuation)
    }
  }

  // MARK: Calls

  private func begin(_ call: ClientCall) {
    guard !call.isFinished else { return }
    if call.deadline > 0 { loop.addDeadline(call, at: call.deadline) }
    dispatch(call)
  }

  /// A call that the server cannot have seen comes back.
  func repeatCall(_ call: ClientCall) { dispatch(call) }

  private func dispatch(_ call: ClientCall) {
    switch machine.call(waitsForReady: call.options.waitForReady) {
    case .send:
      if let current, queueStart == queue.count, current.hasRoom, send(call, on: current) { return }
      queue.append(call)
    case .enqueue: queue.append(call)
    case .enqueueAndConnect:
      queue.append(call)
      connect()
    case .fail(let status): call.end(status)
    }
  }

  /// Sends waiting calls while there is room for them.
  func roomAppeared() {
    guard queueStart < queue.count, let current else { return }
    while queueStart < queue.count, current.hasRoom {
      let call = queue[queueStart]
      if !call.isFinished, !send(call, on: current) { break }
      queueStart += 1
    }
    trimQueue()
  }

  private func trimQueue() {
    if queueStart == queue.count {
      queue.removeAll(keepingCapacity: queue.count < 4096)
      queueStart = 0
    } else if queueStart > 1024, queueStart > queue.count / 2 {
      queue.removeFirst(queueStart)
      queueStart = 0
    }
  }

  private var hasWaitingCalls: Bool { queue[queueStart...].contains { !$0.isFinished } }

  private func send(_ call: ClientCall, on connection: ClientConnection) -> Bool {
    let path = call.method.path
    let fields: HeaderList
    if let known = headers[path] {
      fields = known
    } else {
      fields = makeHeaders(path)
      headers[path] = fields
    }
    var extra: HeaderList?
    let isPlain = call.options.encoding == .identity
    if call.deadline > 0 || !call.options.metadata.isEmpty || !isPlain {
      var list = HeaderList()
      if !isPlain { list.append("grpc-encoding", call.options.encoding.rawValue) }
      if call.deadline > 0 {
        let now = loop.now
        let left = call.deadline > now ? call.deadline &- now : 1
        list.append(volatile: "grpc-timeout", GRPCTimeout.format(nanoseconds: left))
      }
      MetadataCoding.encode(call.options.metadata, into: &list)
      extra = list
    }
    return connection.open(call, headers: fields, adding: extra)
  }

  private func makeHeaders(_ path: String) -> HeaderList {
    let authority: String
    switch address {
    case .tcp: authority = target
    case .unix: authority = "localhost"
    }
    return HeaderList([
      (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", authority),
      ("te", "trailers"), ("content-type", "application/grpc"),
      ("grpc-accept-encoding", WireHeaders.acceptedEncodings),
      ("user-agent", configuration.userAgent),
    ])
  }

  // MARK: Connections

  private func connect() {
    do {
      let connection = try ClientConnection(driver: self)
      current = connection
      let bootstrap = ClientBootstrap(group: loop.eventLoop)
        .connectTimeout(.nanoseconds(configuration.connectTimeout.nanosecondsClamped))
        .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 64 << 10))
        .channelOption(.maxMessagesPerRead, value: 1)
        .channelOption(.writeBufferWaterMark, value: .init(low: 128 << 10, high: 512 << 10))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(connection)
          }
        }
      switch address {
      case .tcp(let host, let port):
        watch(
          bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: host, port: port), connection)
      case .unix(let path):
        watch(bootstrap.connect(unixDomainSocketPath: path), connection)
      }
    } catch {
      connectFailed("cannot start a connection: \(error)")
    }
  }

  private func watch(_ future: EventLoopFuture<any Channel>, _ connection: ClientConnection) {
    future.whenComplete { result in
      self.loop.execute {
        switch result {
        case .failure(let error):
          guard self.current === connection else { return }
          self.current = nil
          self.connectFailed("cannot connect to \(self.target): \(Self.explain(error))")
          self.finishClosing()
        case .success(let channel):
          guard self.machine.state != .closed else {
            channel.close(promise: nil)
            return
          }
          self.expectSettings(from: connection)
        }
      }
    }
  }

  /// The server's first frame must come in time as well.
  private func expectSettings(from connection: ClientConnection) {
    let timeout = TimeAmount.nanoseconds(configuration.connectTimeout.nanosecondsClamped)
    loop.eventLoop.scheduleTask(in: timeout) { [weak connection] in
      guard let connection, !connection.isReady, self.current === connection else { return }
      connection.closeNow("\(self.target) does not speak HTTP/2")
      self.loop.runTurn()
    }
  }

  func connectionReady(_ connection: ClientConnection) {
    guard current === connection else { return }
    guard machine.connected() else { return connection.closeNow("the channel is closed") }
    backoff.reset()
    roomAppeared()
  }

  /// The connection finishes the calls that it has; new ones need another.
  func connectionDraining(_ connection: ClientConnection) {
    guard current === connection else { return }
    current = nil
    draining.append(connection)
    if machine.state == .connecting {
      connectFailed("\(target) refused the connection")
    } else if machine.connectionEnded(hasWaitingCalls: hasWaitingCalls) {
      connect()
    }
  }

  func connectionClosed(_ connection: ClientConnection, reason: String) {
    draining.removeAll { $0 === connection }
    if current === connection {
      current = nil
      if machine.state == .connecting {
        connectFailed(reason)
      } else if machine.connectionEnded(hasWaitingCalls: hasWaitingCalls) {
        connect()
      }
    }
    finishClosing()
  }

  private func connectFailed(_ reason: String) {
    guard machine.connectFailed(reason: reason) else { return }
    let status = RPCStatus(code: .unavailable, message: reason)
    let waiting = queue[queueStart...]
    queue = ContiguousArray(waiting.filter { !$0.isFinished && $0.options.waitForReady })
    queueStart = 0
    for call in waiting where !call.options.waitForReady { call.end(status) }
    let delay = backoff.next(random: Double.random(in: 0...1))
    loop.eventLoop.scheduleTask(in: .nanoseconds(delay.nanosecondsClamped)) {
      if self.machine.retryDue(hasWaitingCalls: self.hasWaitingCalls) { self.connect() }
      self.loop.runTurn()
    }
  }

  private static func explain(_ error: any Error) -> String {
    switch error {
    case let error as IOError: "\(error)"
    case let error as NIOConnectionError:
      if let last = error.connectionErrors.last {
        explain(last.error)
      } else {
        "no address for \(error.host)"
      }
    case ChannelError.connectTimeout: "no answer in time"
    default: "\(error)"
    }
  }

  // MARK: The end

  private func closeAll(_ continuation: UnsafeContinuation<Void, Never>?) {
    machine.close()
    if let continuation { closers.append(continuation) }
    let waiting = queue[queueStart...]
    queue = []
    queueStart = 0
    let status = RPCStatus(code: .cancelled, message: "the channel was closed")
    for call in waiting { call.end(status) }
    for connection in draining + (current.map { [$0] } ?? []) {
      connection.closeNow("the channel was closed")
    }
    finishClosing()
  }

  private func finishClosing() {
    guard machine.state == .closed, draining.isEmpty, current == nil else { return }
    for closer in closers { closer.resume() }
    closers = []
  }
}
