internal import MartletHTTP2

/// Requests that came compressed.
extension ServerCall {
  /// Puts the decompressed message in the place of the compressed one, and starts.
  func startCompressed() {
    isRequestCompressed = true
    do {
      if let message = try inflateSmall(singleRequest) {
        start(with: message)
      } else {
        inflateElsewhere()
      }
    } catch {
      finish(error)
    }
  }

  func inflateSmall(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) -> [UInt8]? {
    try loop.inflater.inflateSmall(bytes, limit: assembler.messageBytesMax)
  }

  private func start(with message: [UInt8]) {
    stream.received.reset()
    stream.received.reserveMessage(message.count).copyBytes(from: message)
    start()
  }

  private func inflateElsewhere() {
    loop.inflater.add(
      .init(limit: assembler.messageBytesMax) {
        self.isFinished ? nil : Array(self.singleRequest)
      } done: { result in
        guard !self.isFinished else { return }
        switch result {
        case .success(let message): self.start(with: message)
        case .failure(let status): self.finish(status)
        }
      })
  }

  /// One message of a stream, decompressed elsewhere. On the loop.
  func inflate(_ packed: [UInt8]) async throws -> [UInt8] {
    try await withUnsafeThrowingContinuation { continuation in
      loop.inflater.add(
        .init(limit: assembler.messageBytesMax) {
          if self.isFinished { continuation.resume(throwing: CancellationError()) }
          return self.isFinished ? nil : packed
        } done: { result in
          continuation.resume(with: result.mapError { $0 })
        })
    }
  }
}
