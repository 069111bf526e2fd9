internal import MartletHTTP2

/// How a call with one response ended.
struct CallOutcome: Sendable {
  /// Nil: OK.
  var status: RPCStatus?
  var messageBytes: [UInt8] = []
  var initialMetadata = RPCMetadata()
  var trailingMetadata = RPCMetadata()
}

/// One call on the client: the state between its caller and its HTTP/2 stream.
///
/// `@unchecked Sendable`: after it has been submitted it is touched on the channel's loop only.
/// What callers and loop share while it runs is in `outbox` and `inbox`, which have locks.
final class ClientCall: DeadlineHolder, @unchecked Sendable {
  let channel: ChannelDriver
  let method: MethodDescriptor
  private(set) var options: CallOptions
  /// Of the requests; fixed from the start, since they may be written before the call is started.
  let encoding: MessageEncoding
  /// When the call must have ended, on the loop's clock; 0: never.
  private(set) var deadline: UInt64
  /// The framed request of a call that has one; freed with the call, since an attempt may be
  /// repeated.
  let request: UnsafeMutableRawBufferPointer?
  /// The requests of a call that has many.
  let outbox: RequestOutbox?
  /// The responses of a call that has many.
  let inbox: ResponseInbox?

  @exclusivity(unchecked) var deadlineIndex = -1
  @exclusivity(unchecked) private(set) var isFinished = false
  /// The channel counts the call.
  @exclusivity(unchecked) var hasBegun = false
  @exclusivity(unchecked) unowned(unsafe) var connection: ClientConnection?
  @exclusivity(unchecked) var stream: HTTP2Stream?
  @exclusivity(unchecked) var assembler: MessageAssembler
  /// Bytes of whole messages that the reader has not said it took.
  @exclusivity(unchecked) var unreadBytes = 0
  @exclusivity(unchecked) var initialMetadata = RPCMetadata()
  @exclusivity(unchecked) var retry = RetryMachine()
  /// No other attempt follows.
  @exclusivity(unchecked) var isCommitted = false
  /// How often a server refused the call unseen, and it was sent again.
  @exclusivity(unchecked) var refusals = 0
  @exclusivity(unchecked) private var waiter: UnsafeContinuation<CallOutcome, Never>?
  @exclusivity(unchecked) private var outcome: CallOutcome?

  init(
    channel: ChannelDriver, method: MethodDescriptor, options: CallOptions,
    request: UnsafeMutableRawBufferPointer?
  ) {
    self.channel = channel
    self.method = method
    self.options = options
    encoding = options.encoding
    self.request = request
    outbox =
      method.kind.hasSingleRequest
      ? nil : RequestOutbox(replayBytesMax: channel.configuration.retryBufferBytes)
    inbox = method.kind.hasSingleResponse ? nil : ResponseInbox()
    assembler = MessageAssembler(messageBytesMax: 1)
    deadline = Self.deadline(options, at: channel.loop)
  }

  /// The nearer one of the caller's and of the call that the caller is answering.
  private static func deadline(_ options: CallOptions, at loop: RPCEventLoop) -> UInt64 {
    let inherited = options.inheritsDeadline ? InheritedDeadline.nanoseconds : 0
    guard let timeout = options.timeout else { return inherited }
    let own = loop.now &+ UInt64(clamping: max(1, timeout.nanosecondsClamped))
    return inherited > 0 ? min(inherited, own) : own
  }

  /// Changes how the call is made; only before it is started.
  func update(_ options: CallOptions) {
    if options.timeout != self.options.timeout {
      deadline = Self.deadline(options, at: channel.loop)
    }
    self.options = options
  }

  deinit { request?.deallocate() }

  // MARK: To the stream

  /// The call got a stream: hands over what there is to send.
  func begin(on connection: ClientConnection, _ stream: HTTP2Stream) {
    self.connection = connection
    self.stream = stream
    stream.owner = self
    assembler = MessageAssembler(messageBytesMax: max(1, options.maxResponseBytes))
    if let request {
      stream.outgoing.append(UnsafeRawBufferPointer(request))
      connection.counters.messagesSent &+= 1
    }
    sendOutbox()
  }

  /// Moves new requests from the outbox to the stream.
  func sendOutbox() {
    guard let outbox, let stream, let connection, !isFinished else { return }
    let limit = channel.configuration.writerBufferBytes
    let (messageCount, hasEnded) = outbox.move(to: stream.outgoing)
    connection.counters.messagesSent &+= messageCount
    if stream.outgoing.count > limit / 2 { stream.drainMark = limit / 2 }
    if hasEnded {
      connection.session.finish(stream)
    } else {
      connection.session.resume(stream)
    }
    connection.setDirty()
    if stream.outgoing.count <= limit / 2 { outputDrained() }
  }

  func outputDrained() {
    guard let outbox, let stream else { return }
    outbox.drained(
      waitingInStream: stream.outgoing.count, mark: channel.configuration.writerBufferBytes / 2)
  }

  // MARK: The end

  func deadlinePassed() {
    end(RPCStatus(code: .deadlineExceeded, message: "the deadline passed"))
  }

  /// Settles the outcome; only the first counts. The stream is reset if the server has not finished
  /// it.
  func end(_ status: RPCStatus?, trailing: RPCMetadata = RPCMetadata()) {
    guard !isFinished else { return }
    isFinished = true
    if deadlineIndex >= 0 { channel.loop.removeDeadline(self) }
    var outcome = CallOutcome(status: status)
    if status == nil, inbox == nil, let stream { takeResponse(stream, into: &outcome) }
    outcome.initialMetadata = initialMetadata
    outcome.trailingMetadata = trailing
    if outcome.status == nil { connection?.counters.callsSucceeded &+= 1 }
    if let stream, let connection, !stream.isClosed { dropStream(stream, on: connection) }
    channel.ended(self, isOK: outcome.status == nil)
    outbox?.fail(status ?? RPCStatus(code: .ok, message: "the call has ended"))
    inbox?.end(status, trailing: trailing)
    if let waiter {
      self.waiter = nil
      waiter.resume(returning: outcome)
    } else {
      self.outcome = outcome
    }
  }

  /// Takes the only response message, or the reason why it is none.
  private func takeResponse(_ stream: HTTP2Stream, into outcome: inout CallOutcome) {
    let content = stream.received.readable.dropFirst(MessageAssembler.prefixBytes)
    guard assembler.isFirstCompressed(stream.received) else {
      outcome.messageBytes = Array(content)
      return
    }
    do throws(RPCStatus) {
      outcome.messageBytes = try channel.loop.gzip.decompress(
        UnsafeRawBufferPointer(rebasing: content), limit: assembler.messageBytesMax)
    } catch {
      outcome.status = error
    }
  }

  /// The stream has been taken back; nothing of it may be used any more.
  func detach(from stream: HTTP2Stream) {
    guard self.stream === stream else { return }
    self.stream = nil
    connection = nil
  }

  /// Resumes the continuation with the outcome, now or when there is one. On the loop.
  func wait(_ continuation: UnsafeContinuation<CallOutcome, Never>) {
    if let outcome {
      continuation.resume(returning: outcome)
    } else {
      waiter = continuation
    }
  }
}

extension Duration {
  /// Nanoseconds; what does not fit becomes the nearest that does.
  var nanosecondsClamped: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let (sum, sumOverflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
    return sumOverflow ? .max : sum
  }
}
