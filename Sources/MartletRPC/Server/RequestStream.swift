public import MartletProtobuf

/// The requests of a client-streaming or bidirectional call, in order. For one reader at a time.
/// Reading is what lets the client send more: a handler that stops reading stops the client.
public struct RequestStream<M: ProtobufMessage>: AsyncSequence, Sendable {
  public typealias Element = M

  @usableFromInline let call: ServerCall

  @usableFromInline
  init(call: ServerCall) { self.call = call }

  public func makeAsyncIterator() -> Iterator { Iterator(call: call) }

  public struct Iterator: AsyncIteratorProtocol {
    @usableFromInline let call: ServerCall

    /// The next request; nil after the last. Throws `RPCStatus` for what is not a message, and
    /// `CancellationError` when the call is over.
    public nonisolated(nonsending) func next() async throws -> M? {
      if call.loop.isCurrent { return try await nextOnLoop() }
      return try await withTaskExecutorPreference(call.loop) { try await nextOnLoop() }
    }

    private nonisolated(nonsending) func nextOnLoop() async throws -> M? {
      while true {
        switch try call.nextRequest(Self.decode) {
        case .message(let message): return message
        case .large(let packed): return try await call.inflate(packed).withUnsafeBytes(Self.decode)
        case .end: return nil
        case .notYet: try await call.waitForRequest()
        }
      }
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) throws -> M {
      do {
        return try M(protobufBytes: bytes)
      } catch {
        throw RPCStatus(
          code: .internalError, message: "the request is not a valid \(M.protobufName)")
      }
    }
  }
}
