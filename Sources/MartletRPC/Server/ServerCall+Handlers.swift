public import MartletProtobuf

/// The four shapes of a handler. Inlinable, so that each is specialized for its messages where they
/// are known.
extension ServerCall {
  @inlinable
  func runUnary<I: ProtobufMessage, O: ProtobufMessage>(
    _ handler: nonisolated(nonsending) @Sendable (I, CallContext) async throws -> O
  ) async {
    do {
      if hasInterceptors {
        let response = try await intercepted {
          let request: I = try decodeSingleRequest()
          return try await handler(request, CallContext(call: self))
        }
        return finish(with: response)
      }
      let request: I = try decodeSingleRequest()
      finish(with: try await handler(request, CallContext(call: self)))
    } catch {
      finish(throwing: error)
    }
  }

  @inlinable
  func runServerStreaming<I: ProtobufMessage, O: ProtobufMessage>(
    _ handler:
      nonisolated(nonsending) @Sendable (I, ResponseWriter<O>, CallContext) async throws -> Void
  ) async {
    do {
      try await intercepted {
        let request: I = try decodeSingleRequest()
        try await handler(request, ResponseWriter(call: self), CallContext(call: self))
      }
      finish(nil)
    } catch {
      finish(throwing: error)
    }
  }

  @inlinable
  func runClientStreaming<I: ProtobufMessage, O: ProtobufMessage>(
    _ handler: nonisolated(nonsending) @Sendable (RequestStream<I>, CallContext) async throws -> O
  ) async {
    do {
      let response = try await intercepted {
        try await handler(RequestStream(call: self), CallContext(call: self))
      }
      finish(with: response)
    } catch {
      finish(throwing: error)
    }
  }

  @inlinable
  func runBidirectional<I: ProtobufMessage, O: ProtobufMessage>(
    _ handler:
      nonisolated(nonsending) @Sendable (RequestStream<I>, ResponseWriter<O>, CallContext)
      async throws -> Void
  ) async {
    do {
      try await intercepted {
        try await handler(
          RequestStream(call: self), ResponseWriter(call: self), CallContext(call: self))
      }
      finish(nil)
    } catch {
      finish(throwing: error)
    }
  }

  @inlinable
  func decodeSingleRequest<I: ProtobufMessage>() throws(RPCStatus) -> I {
    do {
      let message = try I(protobufBytes: singleRequest)
      discardSingleRequest()
      return message
    } catch {
      throw RPCStatus(
        code: .internalError, message: "the request is not a valid \(I.protobufName)")
    }
  }

  @inlinable
  func finish<O: ProtobufMessage>(with message: O) {
    message.encodeProtobuf { reserveMessage($0) }
    finishWithMessage()
  }

  /// What a handler's error means to the caller. Errors that are no `RPCStatus` keep their text to
  /// themselves.
  @usableFromInline
  func finish(throwing error: any Error) {
    finish(Self.status(of: error))
  }

  static func status(of error: any Error) -> RPCStatus {
    switch error {
    case let status as RPCStatus: status
    case is CancellationError: RPCStatus(code: .cancelled, message: "the call was cancelled")
    default: RPCStatus(code: .unknown, message: "the handler failed")
    }
  }
}
