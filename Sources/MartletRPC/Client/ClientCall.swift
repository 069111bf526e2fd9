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
  let options: CallOptions
  /// When the call must have ended, on the loop's clock; 0: never.
  let deadline: UInt64
  /// The framed request of a call that has one; freed with the call, since an attempt may be
  /// repeated.
  private let request: UnsafeMutableRawBufferPointer?
  /// The requests of a call that has many.
  let outbox: RequestOutbox?
  /// The responses of a call that has many.
  let inbox: ResponseInbox?

  @exclusivity(unchecked) var deadlineIndex = -1
  @exclusivity(unchecked) private(set) var isFinished = false
  @exclusivity(unchecked) var attempts = 0
  @exclusivity(unchecked) private(set) unowned(unsafe) var connection: ClientConnection?
  @exclusivity(unchecked) private(set) var stream: HTTP2Stream?
  @exclusivity(unchecked) private var assembler: MessageAssembler
  @exclusivity(unchecked) private var hasResponse = false
  /// Bytes of whole messages that the reader has not said it took.
  @exclusivity(unchecked) private var unreadBytes = 0
  @exclusivity(unchecked) private var initialMetadata = RPCMetadata()
  @exclusivity(unchecked) private var waiter: UnsafeContinuation<CallOutcome, Never>?
  @exclusivity(unchecked) private var outcome: CallOutcome?

  init(
    channel: ChannelDriver, method: MethodDescriptor, options: CallOptions,
    request: UnsafeMutableRawBufferPointer?
  ) {
    self.channel = channel
    self.method = method
    self.options = options
    self.request = request
    outbox = method.kind.hasSingleRequest ? nil : RequestOutbox()
    inbox = method.kind.hasSingleResponse ? nil : ResponseInbox()
    assembler = MessageAssembler(messageBytesMax: max(1, options.maxResponseBytes))
    if let timeout = options.timeout {
      deadline = channel.loop.now &+ UInt64(clamping: max(1, timeout.nanosecondsClamped))
    } else {
      deadline = 0
    }
  }

  deinit { request?.deallocate() }

  // MARK: To the stream

  /// The call got a stream: hands over what there is to send.
  func begin(on connection: ClientConnection, _ stream: HTTP2Stream) {
    self.connection = connection
    self.stream = stream
    attempts += 1
    stream.owner = self
    if let request { stream.outgoing.append(UnsafeRawBufferPointer(request)) }
    sendOutbox()
  }

  /// Moves new requests from the outbox to the stream.
  func sendOutbox() {
    guard let outbox, let stream, let connection, !isFinished else { return }
    let limit = channel.configuration.writerBufferBytes
    let hasEnded = outbox.move(to: stream.outgoing)
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

  // MARK: From the stream

  func headersArrived() {
    guard let stream, !isFinished else { return }
    hasResponse = true
    let head = ResponseHead(stream.headers)
    if head.httpStatus != 200 || !head.isGRPC {
      if let status = head.status(in: stream.headers) { return end(status) }
      let what = head.httpStatus != 200 ? "HTTP status \(head.httpStatus)" : "not a gRPC answer"
      let code: StatusCode =
        head.httpStatus != 200 ? StatusMapping.code(httpStatus: head.httpStatus) : .unknown
      return end(RPCStatus(code: code, message: "\(what) from \(channel.target)"))
    }
    assembler.encoding = head.encoding
    if head.hasMetadata { initialMetadata = MetadataCoding.decode(stream.headers) }
    inbox?.headersArrived(initialMetadata)
  }

  func dataArrived() {
    guard let stream, let connection, !isFinished else { return }
    do {
      try assembler.scan(stream.received)
    } catch {
      // To the caller an encoding that was not asked for is the server's fault.
      var status = error
      if status.code == .unimplemented { status.code = .internalError }
      return end(status)
    }
    guard let inbox else {
      if assembler.completeMessages > 1 {
        return end(RPCStatus(code: .internalError, message: "more than one response message"))
      }
      connection.session.consume(stream, stream.unconsumed)
      return
    }
    let complete = assembler.takeComplete()
    unreadBytes += complete
    inbox.add(complete, from: stream.received)
    grantWindow(connection, stream)
  }

  /// Lets in the rest of a message that has begun, unless the reader is far behind.
  private func grantWindow(_ connection: ClientConnection, _ stream: HTTP2Stream) {
    guard unreadBytes <= channel.configuration.streamWindowBytes / 2 else { return }
    connection.session.consume(stream, stream.unconsumed - unreadBytes)
  }

  /// The reader took so many bytes.
  func credit(_ byteCount: Int) {
    guard let stream, let connection, !isFinished else { return }
    unreadBytes -= min(byteCount, unreadBytes)
    connection.session.consume(stream, byteCount)
    grantWindow(connection, stream)
    connection.setDirty()
  }

  /// The server will send no more: the trailers, or a header block that is all, say how it went.
  func responseEnded() {
    guard let stream, !isFinished else { return }
    let block = stream.trailers.fieldCount > 0 ? stream.trailers : stream.headers
    let head = ResponseHead(block)
    guard head.hasStatus else {
      return end(
        RPCStatus(code: .unknown, message: "\(channel.target) ended the call without a status"))
    }
    if let status = head.status(in: block) { return end(status) }
    if assembler.hasPartialMessage(stream.received) {
      return end(RPCStatus(code: .internalError, message: "the response ended within a message"))
    }
    if inbox == nil, assembler.completeMessages == 0 {
      return end(RPCStatus(code: .internalError, message: "no response message"))
    }
    end(nil, trailing: head.hasMetadata ? MetadataCoding.decode(block) : RPCMetadata())
  }

  /// The stream is over without an end of the response. What the server cannot have seen is tried
  /// again.
  func streamClosed(_ stream: HTTP2Stream, connectionError: String?) {
    guard !isFinished else { return }
    let wasNeverProcessed = stream.closeCode == .refusedStream || !stream.wasSent
    if wasNeverProcessed, !hasResponse, canRepeat, attempts < 5 {
      self.stream = nil
      connection = nil
      return channel.repeatCall(self)
    }
    if let connectionError, !stream.wasResetByPeer {
      end(RPCStatus(code: .unavailable, message: connectionError))
    } else {
      end(
        RPCStatus(
          code: StatusMapping.code(reset: stream.closeCode),
          message: "\(channel.target) reset the call: \(stream.closeCode)"))
    }
  }

  /// No request byte is lost with the stream.
  private var canRepeat: Bool {
    request != nil || outbox?.isUntouched == true
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
    if let stream, let connection, !stream.isClosed {
      stream.received.reset()
      connection.session.consume(stream, stream.unconsumed)
      if !(stream.isRemoteClosed && stream.isLocalEnded) {
        connection.session.reset(stream, stream.isRemoteClosed ? .noError : .cancel)
      }
      connection.setDirty()
    }
    outbox?.fail(status ?? RPCStatus(code: .ok, message: "the call has ended"))
    inbox?.end(status, trailing: trailing)
    if let waiter {
      self.waiter = nil
      waiter.resume(returning: outcome)
    } else if inbox == nil {
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
  func detach() {
    stream = nil
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
