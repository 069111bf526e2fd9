public import MartletProtobuf

/// The connections to a server, or to several that do the same, which are made when they are needed
/// and made again when they are lost. May be shared by any number of tasks.
///
/// Errors are `RPCStatus`, or `CancellationError` when the caller's own task is cancelled. A call
/// that the server certainly has not seen is repeated silently; no other is.
public final class RPCChannel: Sendable {
  let driver: ChannelDriver
  private let interceptors: ClientInterceptorChains?

  /// The address, as given.
  public var target: String { driver.target }

  /// `target`: `host:port`, `dns:host:port`, `ipv4:1.2.3.4:5,1.2.3.5:6`, `ipv6:[::1]:7411`,
  /// `unix:/path` or `in-process:name`. Connects when the first call is made.
  public convenience init(
    target: String, configuration: RPCChannelConfiguration = .init()
  ) throws {
    self.init(
      driver: ChannelDriver(
        loop: RPCEventLoops.with().next(), target: target, try ChannelTarget(target),
        configuration: configuration))
  }

  init(driver: ChannelDriver) {
    self.driver = driver
    interceptors = ClientInterceptorChains(driver.configuration.interceptors)
    Self.registry.add(self, id: id)
  }

  deinit {
    Self.registry.remove(id)
    driver.close(nil)
  }

  /// Calls made from tasks that prefer this executor run on the channel's own event loop, without
  /// hops: the cheapest way to make very many calls. Such tasks must not block.
  public var taskExecutor: any TaskExecutor { driver.loop }

  /// Ends all calls and the connection; calls made later fail with UNAVAILABLE.
  public func close() async {
    await withUnsafeContinuation { driver.close($0) }
    Self.registry.remove(id)
  }

  // MARK: Calls

  /// One request, one response. Throws `RPCStatus` for any other end.
  public func unary<I: ProtobufMessage, O: ProtobufMessage>(
    _ method: MethodDescriptor, _ request: I, options: CallOptions = .init()
  ) async throws -> O {
    guard let interceptors else {
      return try await singleRequest(method, request, options).message()
    }
    let context = ClientCallContext(method, target: target, options)
    return try await interceptors.run(context) { options in
      let outcome = try await singleRequest(method, request, options)
      context.ended(outcome)
      return try outcome.message()
    }
  }

  /// Like `unary`, with the metadata that came with the response.
  public func unaryResponse<I: ProtobufMessage, O: ProtobufMessage>(
    _ method: MethodDescriptor, _ request: I, options: CallOptions = .init()
  ) async throws -> UnaryResponse<O> {
    guard let interceptors else {
      return try await singleRequest(method, request, options).response()
    }
    let context = ClientCallContext(method, target: target, options)
    return try await interceptors.run(context) { options in
      let outcome = try await singleRequest(method, request, options)
      context.ended(outcome)
      return try outcome.response()
    }
  }

  /// One request, responses as they come.
  public func serverStreaming<I: ProtobufMessage, O: ProtobufMessage>(
    _ method: MethodDescriptor, _ request: I, options: CallOptions = .init()
  ) -> ResponseStream<O> {
    ResponseStream(call: startServerStreaming(method, request, options))
  }

  /// The raw form: the responses as encoded bytes.
  public func serverStreamingEncoded<I: ProtobufMessage>(
    _ method: MethodDescriptor, _ request: I, options: CallOptions = .init()
  ) -> EncodedResponseStream {
    EncodedResponseStream(call: startServerStreaming(method, request, options))
  }

  /// Sends what `body` writes; the requests end when it returns.
  public func clientStreaming<I: ProtobufMessage, O: ProtobufMessage>(
    _ method: MethodDescriptor, options: CallOptions = .init(),
    _ body: @Sendable (RequestWriter<I>) async throws -> Void
  ) async throws -> O {
    guard let interceptors else {
      return try await manyRequests(method, options, body).message()
    }
    let context = ClientCallContext(method, target: target, options)
    return try await interceptors.run(context) { options in
      let outcome = try await manyRequests(method, options, body)
      context.ended(outcome)
      return try outcome.message()
    }
  }

  /// Sends what `body` writes, in a task of its own that is cancelled with the call; the requests
  /// end when it returns.
  public func bidirectional<I: ProtobufMessage, O: ProtobufMessage>(
    _ method: MethodDescriptor, options: CallOptions = .init(),
    _ body: @escaping @Sendable (RequestWriter<I>) async throws -> Void
  ) -> ResponseStream<O> {
    bidirectional(method, options: options, writingOn: nil, body)
  }

  /// The same; `body` runs on this executor, where that matters.
  package func bidirectional<I: ProtobufMessage, O: ProtobufMessage>(
    _ method: MethodDescriptor, options: CallOptions, writingOn executor: (any TaskExecutor)?,
    _ body: @escaping @Sendable (RequestWriter<I>) async throws -> Void
  ) -> ResponseStream<O> {
    let call = ClientCall(channel: driver, method: method, options: options, request: nil)
    start(call)
    let writing = Task(executorPreference: executor) { [driver] in
      let writer = RequestWriter<I>(call: call)
      do {
        try await body(writer)
        writer.finish()
      } catch {
        driver.cancel(call)
      }
    }
    call.outbox?.onFailure { writing.cancel() }
    return ResponseStream(call: call)
  }

  // MARK: Parts

  private func startServerStreaming(
    _ method: MethodDescriptor, _ request: some ProtobufMessage, _ options: CallOptions
  ) -> ClientCall {
    let call = ClientCall(
      channel: driver, method: method, options: options,
      request: FramedMessage.allocate(request, options.encoding))
    start(call)
    return call
  }

  private func start(_ call: ClientCall) {
    if let interceptors {
      interceptors.start(call, on: driver)
    } else {
      driver.start(call)
    }
  }

  private func singleRequest(
    _ method: MethodDescriptor, _ request: some ProtobufMessage, _ options: CallOptions
  ) async throws -> CallOutcome {
    let call = ClientCall(
      channel: driver, method: method, options: options,
      request: FramedMessage.allocate(request, options.encoding))
    let outcome = await withTaskCancellationHandler {
      await withUnsafeContinuation { driver.start(call, $0) }
    } onCancel: {
      driver.cancel(call)
    }
    if outcome.status != nil, Task.isCancelled { throw CancellationError() }
    return outcome
  }

  private func manyRequests<I: ProtobufMessage>(
    _ method: MethodDescriptor, _ options: CallOptions,
    _ body: @Sendable (RequestWriter<I>) async throws -> Void
  ) async throws -> CallOutcome {
    let call = ClientCall(channel: driver, method: method, options: options, request: nil)
    driver.start(call)
    let writer = RequestWriter<I>(call: call)
    do {
      try await body(writer)
      writer.finish()
    } catch let status as RPCStatus {
      // The call has ended before its requests: its own status says more.
      driver.cancel(call)
      let outcome = await wait(for: call)
      throw outcome.status.map { $0.code == .cancelled ? status : $0 } ?? status
    } catch {
      driver.cancel(call)
      throw error
    }
    let outcome = await wait(for: call)
    if outcome.status != nil, Task.isCancelled { throw CancellationError() }
    return outcome
  }

  private func wait(for call: ClientCall) async -> CallOutcome {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { driver.wait(call, $0) }
    } onCancel: {
      driver.cancel(call)
    }
  }
}

/// A response with its metadata.
public struct UnaryResponse<M: ProtobufMessage>: Sendable {
  /// What the server answered.
  public var message: M
  /// What came before the message.
  public var initialMetadata: RPCMetadata
  /// What came after it, the status apart.
  public var trailingMetadata: RPCMetadata
}

extension CallOutcome {
  func response<M: ProtobufMessage>() throws(RPCStatus) -> UnaryResponse<M> {
    UnaryResponse(
      message: try message(), initialMetadata: initialMetadata,
      trailingMetadata: trailingMetadata)
  }

  func message<M: ProtobufMessage>() throws(RPCStatus) -> M {
    if let status { throw status }
    do {
      return try M(protobufBytes: messageBytes)
    } catch {
      throw RPCStatus(
        code: .internalError, message: "the response is not a valid \(M.protobufName)")
    }
  }
}
