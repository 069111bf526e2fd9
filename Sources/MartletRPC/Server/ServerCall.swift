internal import MartletHTTP2

/// One call on the server: the state between its HTTP/2 stream and its handler.
///
/// `@unchecked Sendable`: touched on the loop of its connection only. Handlers run there too,
/// except while they are bound to an actor; the doors that may be used from elsewhere
/// (`CallContext`, `ResponseWriter`, `RequestStream`) hop.
@usableFromInline
final class ServerCall: DeadlineHolder, @unchecked Sendable {
  let connection: ServerConnection
  let stream: HTTP2Stream
  /// Kept alive by the connection, with the server's table.
  @exclusivity(unchecked) private(set) var unmanagedMethod: Unmanaged<ServerMethod>?
  /// When the call must have ended, on the loop's clock; 0: never.
  @exclusivity(unchecked) private(set) var deadline: UInt64 = 0

  @exclusivity(unchecked) var assembler = MessageAssembler(messageBytesMax: 0)
  @exclusivity(unchecked) var deadlineIndex = -1
  @exclusivity(unchecked) private(set) var hasSingleRequest = false
  /// Content-type subtype to answer with.
  @exclusivity(unchecked) var answersProto = false

  /// What responses are compressed with, as far as the caller takes it.
  @exclusivity(unchecked) private(set) var responseEncoding = MessageEncoding.identity
  /// Since when a message has been incomplete, on the loop's clock; 0: it is not.
  @exclusivity(unchecked) private var requestSince: UInt64 = 0
  /// As many bytes are in the connection's sum of partial requests.
  @exclusivity(unchecked) private var partialBytes = 0
  /// The last request message that was taken came compressed.
  @exclusivity(unchecked) var isRequestCompressed = false
  /// The size of the last response message, which may have to be compressed.
  @exclusivity(unchecked) private var lastMessageBytes = 0

  @exclusivity(unchecked) private(set) var hasSentHeaders = false
  /// The outcome is settled: trailers are under way, or the stream is gone.
  @exclusivity(unchecked) private(set) var isFinished = false
  @exclusivity(unchecked) private(set) var isRequestEnded = false
  @exclusivity(unchecked) private var isHandlerRunning = false
  /// The task that runs the handler.
  @exclusivity(unchecked) unowned(unsafe) var runner: HandlerRunner?

  /// What interceptors and the handler have left for each other.
  @exclusivity(unchecked) var values: [ObjectIdentifier: any Sendable] = [:]
  /// The outcome, once it is settled.
  @exclusivity(unchecked) private(set) var settledCode: StatusCode?
  /// When the request was read that let the handler start, if somebody wants to be told of the end;
  /// else 0.
  @exclusivity(unchecked) private var observedSince: UInt64 = 0
  @exclusivity(unchecked) private var initialMetadata: RPCMetadata?
  @exclusivity(unchecked) private var trailingMetadata: RPCMetadata?
  @exclusivity(unchecked) var readers = Waiters<Void>()
  @exclusivity(unchecked) var writers = Waiters<Void>()
  @exclusivity(unchecked) var lastWaiter: UInt64 = 0

  init(connection: ServerConnection, stream: HTTP2Stream) {
    self.connection = connection
    self.stream = stream
  }

  /// Starts the object's life as a call, the first or another.
  func begin(_ method: Unmanaged<ServerMethod>, deadline: UInt64) {
    unmanagedMethod = method
    hasSingleRequest = method._withUnsafeGuaranteedRef(\.hasSingleRequest)
    self.deadline = deadline
    assembler = MessageAssembler(
      messageBytesMax: method._withUnsafeGuaranteedRef { $0.requestBytesMax })
    answersProto = false
    responseEncoding = connection.serverLoop.responseEncoding
    isRequestCompressed = false
    requestSince = hasSingleRequest && !stream.isRemoteClosed ? loop.now : 0
    hasSentHeaders = false
    isFinished = false
    isRequestEnded = false
    settledCode = nil
    observedSince = 0
    if !values.isEmpty { values = [:] }
    if initialMetadata != nil { initialMetadata = nil }
    if trailingMetadata != nil { trailingMetadata = nil }
  }

  var descriptor: MethodDescriptor? {
    unmanagedMethod?._withUnsafeGuaranteedRef { $0.descriptor }
  }

  @usableFromInline var interceptors: [any ServerInterceptor] {
    unmanagedMethod?._withUnsafeGuaranteedRef { $0.interceptors } ?? []
  }

  @usableFromInline var loop: RPCEventLoop { connection.serverLoop.loop }

  // MARK: From the stream

  func dataArrived() {
    guard !isFinished else { return dropRequest() }
    let messagesBefore = assembler.completeMessages
    do {
      try assembler.scan(stream.received)
    } catch {
      return finish(error)
    }
    connection.counters.messagesArrived(assembler.completeMessages &- messagesBefore)
    if hasSingleRequest {
      let hasMore = assembler.completeMessages == 1 && assembler.hasPartialMessage(stream.received)
      if assembler.completeMessages > 1 || hasMore {
        return finish(
          RPCStatus(code: .unimplemented, message: "more than one request message"))
      }
      if !stream.isRemoteClosed, !countPartial() { return }
      connection.session.consume(stream, stream.unconsumed)
    } else {
      guard watchRequest() else { return }
      grantWindow()
      wakeReaders()
    }
  }

  func requestEnded() {
    isRequestEnded = true
    requestSince = 0
    guard !isFinished else { return }
    guard hasSingleRequest else { return wakeReaders() }
    if assembler.completeMessages == 1 {
      if assembler.isFirstCompressed(stream.received) {
        startCompressed()
      } else {
        start()
      }
    } else if stream.received.isEmpty {
      finish(RPCStatus(code: .unimplemented, message: "no request message"))
    } else {
      finish(Self.truncated)
    }
  }

  // MARK: Slow and large requests

  /// Keeps the connection's sum of what has come of unfinished requests; false when that is too
  /// much, and the call has ended.
  private func countPartial() -> Bool {
    connection.partialRequestBytes += stream.received.count - partialBytes
    partialBytes = stream.received.count
    guard connection.partialRequestBytes > connection.serverLoop.limits.partialRequestBytes else {
      return true
    }
    finish(
      RPCStatus(
        code: .resourceExhausted, message: "too many bytes of unfinished requests"))
    dropRequest()
    return false
  }

  func releasePartial() {
    guard partialBytes > 0 else { return }
    connection.partialRequestBytes -= partialBytes
    partialBytes = 0
  }

  /// Of a stream of requests each is watched: only one that has begun must come to its end, and
  /// only while the handler lets it in.
  /// False when the call has ended.
  private func watchRequest() -> Bool {
    guard assembler.completeMessages == 0, assembler.hasPartialMessage(stream.received) else {
      requestSince = 0
      releasePartial()
      return true
    }
    if requestSince == 0 { requestSince = loop.now }
    return countPartial()
  }

  /// Ends the call if its request does not come to an end.
  func checkRequest(at now: UInt64, limit: UInt64) {
    guard requestSince > 0, now > requestSince, now - requestSince >= limit, !isFinished else {
      return
    }
    finish(RPCStatus(code: .deadlineExceeded, message: "the request took too long to arrive"))
    dropRequest()
    abandonHandler()
  }

  func outputDrained() {
    for writer in writers.takeAll() { writer.resume() }
  }

  /// The stream is over; if the call was not, its handler is cancelled.
  func streamClosed() {
    if !isFinished {
      settle(.cancelled)
      connection.callFailed()
    }
    abandonHandler()
    releasePartial()
    connection.session.consume(stream, stream.unconsumed)
  }

  func deadlinePassed() {
    stream.outgoing.reset()
    finish(RPCStatus(code: .deadlineExceeded, message: "the deadline passed"))
    abandonHandler()
  }

  /// Ends the call because the server goes away.
  func shutDown() {
    finish(RPCStatus(code: .unavailable, message: "the server is shutting down"))
    abandonHandler()
  }

  /// Nothing that the handler does matters any more.
  private func abandonHandler() {
    if deadlineIndex >= 0 { loop.removeDeadline(self) }
    guard isHandlerRunning else { return }
    runner?.cancel()
    for reader in readers.takeAll() { reader.resume(throwing: CancellationError()) }
    for writer in writers.takeAll() { writer.resume(throwing: CancellationError()) }
  }

  private func dropRequest() {
    releasePartial()
    stream.received.reset()
    connection.session.consume(stream, stream.unconsumed)
  }

  // MARK: The handler

  func start() {
    guard !isHandlerRunning, !isFinished, let unmanagedMethod else { return }
    isHandlerRunning = true
    unmanagedMethod._withUnsafeGuaranteedRef {
      if $0.hasObservers { observedSince = connection.counters.lastReadAt }
      connection.handlerStarted(of: $0)
    }
    connection.serverLoop.handlers.run(self)
  }

  /// Runs the handler, unless the call has ended before its turn came.
  func run() async {
    guard !isFinished, let unmanagedMethod else { return }
    await unmanagedMethod._withUnsafeGuaranteedRef { $0.run }(self)
  }

  func handlerEnded() {
    isHandlerRunning = false
    runner = nil
    if deadlineIndex >= 0 { loop.removeDeadline(self) }
    unmanagedMethod?._withUnsafeGuaranteedRef { connection.handlerEnded(of: $0) }
  }

  var hasRunningHandler: Bool { isHandlerRunning }

  // MARK: The response

  func addMetadata(_ metadata: RPCMetadata, isTrailing: Bool) {
    if isTrailing {
      trailingMetadata = trailingMetadata ?? RPCMetadata()
      trailingMetadata?.append(contentsOf: metadata)
    } else {
      initialMetadata = initialMetadata ?? RPCMetadata()
      initialMetadata?.append(contentsOf: metadata)
    }
  }

  /// Too late once the headers have been sent.
  func setResponseEncoding(_ encoding: MessageEncoding) {
    if !hasSentHeaders { responseEncoding = encoding }
  }

  func sendHeaders() {
    guard !hasSentHeaders, !isFinished else { return }
    hasSentHeaders = true
    if responseEncoding != .identity, !stream.headers.acceptsGzip { responseEncoding = .identity }
    connection.session.respond(stream, headers: responseHeaders)
    connection.setDirty()
  }

  private var responseHeaders: HeaderFields {
    let table = answersProto ? WireHeaders.responseProto : WireHeaders.response
    let isPlain = responseEncoding == .identity && assembler.encoding != .unknown
    guard initialMetadata != nil || !isPlain else { return .table(table) }
    var list = responseHeaderList
    if responseEncoding != .identity { list.append("grpc-encoding", responseEncoding.rawValue) }
    return .list(list)
  }

  private var responseHeaderList: HeaderList {
    var list = HeaderList([
      (":status", "200"),
      ("content-type", answersProto ? "application/grpc+proto" : "application/grpc"),
    ])
    if assembler.encoding == .unknown {
      list.append("grpc-accept-encoding", WireHeaders.acceptedEncodings)
    }
    if let initialMetadata { MetadataCoding.encode(initialMetadata, into: &list) }
    return list
  }

  /// Room for one message in the output; to be filled before anything else is called.
  @usableFromInline
  func reserveMessage(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
    lastMessageBytes = byteCount
    return stream.outgoing.reserveMessage(byteCount)
  }

  /// A message was put into the output, to be compressed if that was agreed and it is not to be
  /// `plain`. True when the writer should wait for room.
  @usableFromInline
  func messageAppended(plain: Bool = false) -> Bool {
    guard !isFinished else {
      stream.outgoing.reset()
      return false
    }
    connection.counters.messagesSent &+= 1
    let isFirst = !hasSentHeaders
    sendHeaders()
    if responseEncoding != .identity, !plain { compressLastMessage() }
    if !isFirst {
      connection.session.resume(stream)
      connection.setDirty()
    }
    return stream.outgoing.count > connection.serverLoop.limits.writerBufferBytes
  }

  private func compressLastMessage() {
    let plain = UnsafeRawBufferPointer(
      rebasing: stream.outgoing.readable.suffix(lastMessageBytes))
    guard let packed = loop.gzip.compress(plain) else { return }
    stream.outgoing.removeLast(MessageAssembler.prefixBytes + lastMessageBytes)
    stream.outgoing.reserveMessage(packed.count, isCompressed: true).copyBytes(from: packed)
  }

  /// The only message was put into the output: the call ends well.
  @usableFromInline
  func finishWithMessage() {
    guard !isFinished, !hasSentHeaders, initialMetadata == nil, trailingMetadata == nil,
      assembler.encoding != .unknown, responseEncoding == .identity
    else {
      _ = messageAppended()
      return finish(nil)
    }
    settle(.ok)
    hasSentHeaders = true
    connection.counters.messagesSent &+= 1
    connection.counters.streamsSucceeded &+= 1
    if deadlineIndex >= 0 { loop.removeDeadline(self) }
    connection.session.respond(
      stream, headers: answersProto ? WireHeaders.responseProto : WireHeaders.response,
      trailers: WireHeaders.okTrailers)
    connection.setDirty()
  }

  /// Settles the outcome; nil: OK. Only the first call counts.
  @usableFromInline
  func finish(_ status: RPCStatus?) {
    guard !isFinished else { return }
    settle(status?.code ?? .ok)
    if deadlineIndex >= 0 { loop.removeDeadline(self) }
    if status == nil {
      connection.counters.streamsSucceeded &+= 1
    } else {
      connection.callFailed()
    }
    if hasSentHeaders {
      connection.session.finish(stream, trailers: trailers(status))
    } else {
      var list = responseHeaderList
      appendStatus(status, to: &list)
      connection.session.respond(stream, onlyHeaders: .list(list))
    }
    connection.setDirty()
  }

  private func settle(_ code: StatusCode) {
    isFinished = true
    settledCode = code
    if observedSince > 0 { tellObservers(code) }
  }

  private func tellObservers(_ code: StatusCode) {
    let nanoseconds = Int64(clamping: loop.now) - Int64(clamping: observedSince)
    unmanagedMethod?._withUnsafeGuaranteedRef { $0.tellObservers(code, nanoseconds: nanoseconds) }
  }

  private func trailers(_ status: RPCStatus?) -> HeaderFields {
    if status == nil, trailingMetadata == nil { return .table(WireHeaders.okTrailers) }
    var list = HeaderList()
    appendStatus(status, to: &list)
    return .list(list)
  }

  private func appendStatus(_ status: RPCStatus?, to list: inout HeaderList) {
    WireHeaders.append(
      status ?? RPCStatus(code: .ok, message: ""), metadata: trailingMetadata ?? [:], to: &list)
  }
}
