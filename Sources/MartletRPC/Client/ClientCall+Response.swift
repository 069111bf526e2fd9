internal import MartletHTTP2

/// What the server's frames mean for a call.
extension ClientCall {
  func headersArrived() {
    guard let stream, !isFinished else { return }
    let head = ResponseHead(stream.headers)
    if head.httpStatus != 200 || !head.isGRPC {
      if let status = head.status(in: stream.headers) {
        return attemptFailed(status, head.pushback)
      }
      let what = head.httpStatus != 200 ? "HTTP status \(head.httpStatus)" : "not a gRPC answer"
      let code: StatusCode =
        head.httpStatus != 200 ? StatusMapping.code(httpStatus: head.httpStatus) : .unknown
      return attemptFailed(RPCStatus(code: code, message: "\(what) from \(channel.target)"))
    }
    // A single block with the status does not commit the call to this attempt.
    let isTrailersOnly =
      stream.isRemoteClosed && stream.trailers.fieldCount == 0 && stream.received.isEmpty
    if !isTrailersOnly { commit() }
    assembler.encoding = head.encoding
    if head.hasMetadata { initialMetadata = MetadataCoding.decode(stream.headers) }
    if !isTrailersOnly { inbox?.headersArrived(initialMetadata) }
  }

  func dataArrived() {
    guard let stream, let connection, !isFinished else { return }
    let messagesBefore = assembler.completeMessages
    do {
      try assembler.scan(stream.received)
    } catch {
      // To the caller an encoding that was not asked for is the server's fault.
      var status = error
      if status.code == .unimplemented { status.code = .internalError }
      return end(status)
    }
    connection.counters.messagesArrived(assembler.completeMessages &- messagesBefore)
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
    // What of a message was let in before it was complete has been given back already.
    connection.session.consume(stream, stream.unconsumed - unreadBytes - stream.received.count)
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
    if let status = head.status(in: block) { return attemptFailed(status, head.pushback) }
    if assembler.hasPartialMessage(stream.received) {
      return end(RPCStatus(code: .internalError, message: "the response ended within a message"))
    }
    if inbox == nil, assembler.completeMessages == 0 {
      return end(RPCStatus(code: .internalError, message: "no response message"))
    }
    end(nil, trailing: head.hasMetadata ? MetadataCoding.decode(block) : RPCMetadata())
  }

  /// The stream is over without an end of the response. What the server cannot have seen is tried
  /// again, as often as it takes; what it refused unseen, once at once, and then, if the call waits
  /// for a server that is ready, with growing pauses.
  func streamClosed(_ stream: HTTP2Stream, connectionError: String?) {
    guard !isFinished, self.stream === stream else { return }
    let wasRefused = stream.closeCode == .refusedStream
    let repeatsRefused = wasRefused && (refusals == 0 || options.waitForReady)
    if !stream.wasSent || repeatsRefused, !isCommitted, canReplay() {
      leaveStream()
      guard stream.wasSent else { return channel.repeatCall(self) }
      refusals += 1
      return refusals == 1 ? channel.repeatCall(self) : channel.repeatRefused(self)
    }
    if let connectionError, !stream.wasResetByPeer {
      attemptFailed(RPCStatus(code: .unavailable, message: connectionError))
    } else {
      attemptFailed(
        RPCStatus(
          code: code(of: stream.closeCode),
          message: "\(channel.target) reset the call: \(stream.closeCode)"))
    }
  }

  /// A server also cancels a call whose deadline it has seen pass a little earlier than we do.
  private func code(of reset: HTTP2ErrorCode) -> StatusCode {
    let code = StatusMapping.code(reset: reset)
    let isLate = deadline > 0 && channel.loop.now >= deadline
    return code == .cancelled && isLate ? .deadlineExceeded : code
  }
}
