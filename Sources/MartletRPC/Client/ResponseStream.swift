public import MartletProtobuf

/// The responses of a call, in order. For one reader. Reading is what lets the server send more.
/// The call ends with the stream: when it has been read to its end, when its reader's task is
/// cancelled, and when nobody holds it any more.
public struct ResponseStream<M: ProtobufMessage>: AsyncSequence, Sendable {
  public typealias Element = M

  private let encoded: EncodedResponseStream

  init(call: ClientCall) { encoded = EncodedResponseStream(call: call) }

  /// Metadata that came before the first response; empty until then.
  public var initialMetadata: RPCMetadata { encoded.initialMetadata }
  /// Metadata that came with the status; empty until then.
  public var trailingMetadata: RPCMetadata { encoded.trailingMetadata }

  /// Ends the call.
  public func cancel() { encoded.cancel() }

  public func makeAsyncIterator() -> Iterator { Iterator(handle: encoded.handle) }

  public struct Iterator: AsyncIteratorProtocol {
    /// Held so that the call lives as long as somebody reads it.
    let handle: EncodedResponseStream.Handle

    /// The next response; nil after the last. Throws `RPCStatus`, or `CancellationError` if the
    /// reader's own task is cancelled.
    public mutating func next() async throws -> M? { try await next(isolation: nil) }

    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(any Error) -> M? {
      try await handle.reader.next { bytes throws(RPCStatus) in
        do {
          return try M(protobufBytes: bytes)
        } catch {
          throw RPCStatus(
            code: .internalError, message: "the response is not a valid \(M.protobufName)")
        }
      }
    }
  }
}

/// The responses of a call as their encoded bytes: for tools that count rather than read.
public struct EncodedResponseStream: AsyncSequence, Sendable {
  public typealias Element = [UInt8]

  /// Ends the call when the last holder lets go.
  final class Handle: Sendable {
    let reader: ResponseReader
    init(_ reader: ResponseReader) { self.reader = reader }
    deinit { reader.abandon() }
  }

  let handle: Handle

  init(call: ClientCall) { handle = Handle(ResponseReader(call: call)) }

  /// What came before the first message; empty until then.
  public var initialMetadata: RPCMetadata { handle.reader.call.inbox?.initialMetadata ?? [:] }
  /// What came after the last message, the status apart; empty until then.
  public var trailingMetadata: RPCMetadata { handle.reader.call.inbox?.trailingMetadata ?? [:] }

  /// Ends the call.
  public func cancel() { handle.reader.abandon() }

  public func makeAsyncIterator() -> Iterator { Iterator(handle: handle) }

  public struct Iterator: AsyncIteratorProtocol {
    let handle: Handle

    public mutating func next() async throws -> [UInt8]? { try await next(isolation: nil) }

    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(any Error) -> [UInt8]? {
      try await handle.reader.next { Array($0) }
    }
  }
}
