internal import MartletHTTP2

/// Making a call again.
extension ClientCall {
  /// The response has begun: this attempt is the call.
  func commit() {
    guard !isCommitted else { return }
    isCommitted = true
    outbox?.commit()
  }

  /// The attempt ended badly: the call does too, unless its policy has it made again.
  func attemptFailed(_ status: RPCStatus, _ pushback: RetryMachine.Pushback = .nothing) {
    guard !isFinished else { return }
    guard let policy = options.retryPolicy ?? channel.configuration.retryPolicy else {
      return end(status)
    }
    let fits = (request?.count ?? 0) <= channel.configuration.retryBufferBytes
    let canRepeat = !isCommitted && fits && outbox?.canRewind ?? true
    switch channel.retry(self, status.code, pushback, canRepeat: canRepeat, policy) {
    case .giveUp: end(status)
    case .retry(let delay):
      // In this order: the stream may hold the last reference to the call.
      channel.repeatCall(self, after: delay)
      _ = canReplay()
      leaveStream()
    }
  }

  /// No request byte is lost with the stream; if so, all are put back.
  func canReplay() -> Bool { outbox?.rewind() ?? true }

  /// Gives up the stream and what came on it; the call goes on without. The stream must not hold
  /// the last reference to the call.
  func leaveStream() {
    if let stream, let connection, !stream.isClosed {
      dropStream(stream, on: connection)
      stream.owner = nil
    }
    stream = nil
    connection = nil
    unreadBytes = 0
    initialMetadata = RPCMetadata()
  }

  /// Nothing of the stream is wanted any more.
  func dropStream(_ stream: HTTP2Stream, on connection: ClientConnection) {
    stream.received.reset()
    connection.session.consume(stream, stream.unconsumed)
    if !(stream.isRemoteClosed && stream.isLocalEnded) {
      connection.session.reset(stream, stream.isRemoteClosed ? .noError : .cancel)
    }
    connection.setDirty()
  }
}
