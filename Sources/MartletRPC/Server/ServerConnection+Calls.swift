internal import MartletHTTP2

/// New calls on a connection: what is let in, and the answers to what is not.
extension ServerConnection {
  func open(_ stream: HTTP2Stream) {
    counters.streamsStarted &+= 1
    counters.lastStreamAt = counters.lastReadAt
    let request = RequestHead(stream.headers, methods: serverLoop.methods)
    if let refusal = refusal(of: request, stream) {
      callFailed()
      session.respond(stream, onlyHeaders: refusal)
      return
    }
    guard let method = request.method, hasRoomForCall else {
      callFailed()
      session.reset(stream, .refusedStream)
      return
    }
    timers.streamOpened()
    var deadline: UInt64 = 0
    if request.timeout > 0 { deadline = serverLoop.loop.now &+ request.timeout }
    if !stream.hasOwner { stream.owner = ServerCall(connection: self, stream: stream) }
    stream.isOwned = true
    stream.withOwner(ServerCall.self) { call in
      call.begin(method, deadline: deadline)
      call.answersProto = request.isProtoSubtype
      call.assembler.encoding = request.encoding
      if deadline > 0 { serverLoop.loop.addDeadline(call, at: deadline) }
    }
  }

  /// Before any work is done for a call: handlers count until they end, whatever has become of
  /// their streams, and so do answers that nobody takes.
  private var hasRoomForCall: Bool {
    let limits = serverLoop.limits
    return runningHandlers < limits.handlersPerConnection
      && serverLoop.activeCalls.current < serverLoop.handlersMax
      && session.outgoingBytes < limits.connectionOutputBytes
  }

  /// The whole answer to a request that reaches no handler; nil: it may go on.
  private func refusal(of request: RequestHead, _ stream: HTTP2Stream) -> HeaderFields? {
    if !request.isPost { return .table(WireHeaders.methodNotAllowed) }
    if !request.isGRPC { return .table(WireHeaders.unsupportedMediaType) }
    let status: RPCStatus
    if stream.isHeaderListTooLarge {
      status = RPCStatus(code: .resourceExhausted, message: "the header list is too large")
    } else if request.method == nil {
      status = serverLoop.methods.explainMissing(RequestHead.path(in: stream.headers))
    } else if request.hasMalformedTimeout {
      status = RPCStatus(code: .internalError, message: "grpc-timeout is malformed")
    } else if request.hasMalformedBytes {
      status = RPCStatus(code: .internalError, message: "a -bin field is not base64")
    } else if request.hasTimeout, request.timeout == 0 {
      status = RPCStatus(code: .deadlineExceeded, message: "the deadline passed")
    } else {
      return nil
    }
    var list = HeaderList([(":status", "200"), ("content-type", "application/grpc")])
    WireHeaders.append(status, metadata: [:], to: &list)
    return .list(list)
  }

  func handlerStarted(of method: ServerMethod) {
    runningHandlers &+= 1
    serverLoop.startedCalls.add(1)
    serverLoop.activeCalls.add(1)
    if !method.descriptor.kind.hasSingleResponse { serverLoop.parkedStreams.add(1) }
  }

  func handlerEnded(of method: ServerMethod) {
    runningHandlers &-= 1
    serverLoop.finishedCalls.add(1)
    serverLoop.activeCalls.add(-1)
    if !method.descriptor.kind.hasSingleResponse { serverLoop.parkedStreams.add(-1) }
  }
}
