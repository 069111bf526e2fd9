internal import MartletHTTP2

/// What `nextRequest` found.
enum NextRequest<M> {
  case message(M)
  /// One that is to be decompressed elsewhere.
  case large([UInt8])
  case notYet
  case end
}

extension ServerCall {
  static let truncated = RPCStatus(
    code: .internalError, message: "the request ended within a message")

  /// The bytes of the only request message.
  @usableFromInline var singleRequest: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      rebasing: stream.received.readable.dropFirst(MessageAssembler.prefixBytes))
  }

  @usableFromInline
  func discardSingleRequest() {
    releasePartial()
    stream.received.reset()
  }

  /// Hands the next whole request message to `decode`, if there is one.
  func nextRequest<M>(
    _ decode: (UnsafeRawBufferPointer) throws -> M
  ) throws -> NextRequest<M> {
    guard !stream.isClosed || isRequestEnded && !isFinished else { throw CancellationError() }
    guard let length = assembler.firstMessageLength(stream.received) else {
      guard isRequestEnded else { return .notYet }
      if !stream.received.isEmpty { throw Self.truncated }
      return .end
    }
    let start = MessageAssembler.prefixBytes
    let bytes = UnsafeRawBufferPointer(
      rebasing: stream.received.readable[start..<start + length])
    isRequestCompressed = assembler.isFirstCompressed(stream.received)
    let next: NextRequest<M>
    if !isRequestCompressed {
      next = .message(try decode(bytes))
    } else if let message = try inflateSmall(bytes) {
      next = .message(try message.withUnsafeBytes(decode))
    } else {
      next = .large(Array(bytes))
    }
    stream.received.discard(start + length)
    assembler.removed(messageLength: length)
    // What of the message was let in before it was complete has been given back already.
    connection.session.consume(stream, stream.unconsumed - stream.received.count)
    grantWindow()
    connection.setDirty()
    return next
  }

  /// While no whole message waits, the one that is coming must be let in.
  func grantWindow() {
    if assembler.completeMessages == 0 {
      connection.session.consume(stream, stream.unconsumed)
    }
  }

  func wakeReaders() {
    guard !readers.isEmpty else { return }
    for reader in readers.takeAll() { reader.resume() }
  }

  /// Returns when there may be a message, or the end of them. On the loop.
  func waitForRequest() async throws {
    lastWaiter &+= 1
    let id = lastWaiter
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation {
        (continuation: UnsafeContinuation<Void, any Error>) in
        if isFinished {
          continuation.resume(throwing: CancellationError())
        } else if assembler.completeMessages > 0 || isRequestEnded {
          continuation.resume()
        } else {
          readers.add(continuation, id: id)
        }
      }
    } onCancel: {
      loop.execute { self.readers.take(id: id)?.resume(throwing: CancellationError()) }
    }
  }

  /// Returns when the output has sunk to half of what may wait. On the loop.
  @usableFromInline
  func waitForRoom() async throws {
    lastWaiter &+= 1
    let id = lastWaiter
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { addWriter($0, id: id) }
    } onCancel: {
      loop.execute { self.writers.take(id: id)?.resume(throwing: CancellationError()) }
    }
  }

  private func addWriter(_ continuation: UnsafeContinuation<Void, any Error>, id: UInt64) {
    let mark = connection.serverLoop.limits.writerBufferBytes / 2
    if isFinished {
      continuation.resume(throwing: CancellationError())
    } else if stream.outgoing.count <= mark {
      continuation.resume()
    } else {
      stream.drainMark = mark
      writers.add(continuation, id: id)
    }
  }

  /// Takes a message that was encoded on another thread.
  @usableFromInline
  func writeFromElsewhere(_ bytes: [UInt8], plain: Bool = false) async throws {
    try await withUnsafeThrowingContinuation {
      (continuation: UnsafeContinuation<Void, any Error>) in
      loop.execute {
        guard !self.isFinished else {
          continuation.resume(throwing: CancellationError())
          return
        }
        self.reserveMessage(bytes.count).copyBytes(from: bytes)
        if self.messageAppended(plain: plain) {
          self.lastWaiter &+= 1
          self.addWriter(continuation, id: self.lastWaiter)
        } else {
          continuation.resume()
        }
      }
    }
  }

  /// Fails when nobody is there to read a response.
  @usableFromInline
  func checkWritable() throws {
    if isFinished { throw CancellationError() }
  }
}
