internal import MartletHTTP2

/// What a handler knows about its call. Cancellation is that of the handler's Swift task.
public struct CallContext: Sendable {
  /// A context that belongs to no connection.
  final class Local: Sendable {
    let method: MethodDescriptor
    let metadata: RPCMetadata
    let deadline: ContinuousClock.Instant?
    let loop: RPCEventLoop

    init(
      method: MethodDescriptor, metadata: RPCMetadata, deadline: ContinuousClock.Instant?,
      loop: RPCEventLoop
    ) {
      self.method = method
      self.metadata = metadata
      self.deadline = deadline
      self.loop = loop
    }
  }

  private enum Source {
    case call(ServerCall)
    case local(Local)
  }

  private let source: Source

  @usableFromInline
  init(call: ServerCall) { source = .call(call) }

  private init(local: Local) { source = .local(local) }

  /// A context for calling a handler directly, without a server: its peer is `in-process`, and
  /// trailing metadata goes nowhere.
  public static func inProcess(
    method: MethodDescriptor, metadata: RPCMetadata = [:], deadline: ContinuousClock.Instant? = nil
  ) -> CallContext {
    CallContext(
      local: Local(
        method: method, metadata: metadata, deadline: deadline, loop: RPCEventLoops.with().next()))
  }

  /// The call on a server, if it is one.
  var call: ServerCall? {
    if case .call(let call) = source { call } else { nil }
  }

  /// The method that was called.
  public var method: MethodDescriptor {
    switch source {
    case .call(let call): call.descriptor ?? Self.ended
    case .local(let local): local.method
    }
  }

  private static let ended = MethodDescriptor(service: "", method: "", kind: .unary)

  /// The first value of one ASCII key, without decoding the others; nil if the request has none.
  ///
  /// - Parameter key: In lower case, without the suffix `-bin`.
  public func metadataValue(_ key: StaticString) -> String? {
    switch source {
    case .call(let call): MetadataCoding.value(of: key, in: call.stream.headers)
    case .local(let local): local.metadata[key.description]
    }
  }

  /// The request's metadata. Decoded at each use: keep it, if it is needed often.
  public var metadata: RPCMetadata {
    switch source {
    case .call(let call): MetadataCoding.decode(call.stream.headers)
    case .local(let local): local.metadata
    }
  }

  /// When the caller stops waiting; nil: never.
  public var deadline: ContinuousClock.Instant? {
    switch source {
    case .call(let call):
      guard call.deadline > 0 else { return nil }
      let left = Int64(clamping: call.deadline) - Int64(clamping: call.loop.now)
      return ContinuousClock.now + .nanoseconds(left)
    case .local(let local): return local.deadline
    }
  }

  /// The other end: `ipv4:127.0.0.1:51234`, `ipv6:[::1]:51234`, `unix:` or `in-process`.
  public var peer: String {
    switch source {
    case .call(let call): call.connection.peer
    case .local: "in-process"
    }
  }

  /// Whom the client has proved to be, where clients need a certificate; else nil.
  public var peerCertificate: PeerCertificate? {
    switch source {
    case .call(let call): call.connection.peerCertificate
    case .local: nil
    }
  }

  /// The event loop that owns the call.
  public var loop: CallLoop {
    switch source {
    case .call(let call): CallLoop(loop: call.loop)
    case .local(let local): CallLoop(loop: local.loop)
    }
  }

  /// Adds metadata that goes with the status, whatever it will be.
  public func setTrailingMetadata(_ key: String, _ value: String) {
    addMetadata([key: value], isTrailing: true)
  }

  /// Adds bytes that go with the status; the key should end in `-bin`.
  public func setTrailingMetadata(_ key: String, bytes: [UInt8]) {
    var metadata = RPCMetadata()
    metadata.append(key, bytes: bytes)
    addMetadata(metadata, isTrailing: true)
  }

  /// Adds metadata that goes before the first message. Too late once that has been written.
  public func setInitialMetadata(_ key: String, _ value: String) {
    addMetadata([key: value], isTrailing: false)
  }

  /// Compresses the responses from now on, if the caller takes that; `identity` leaves them plain
  /// whatever the server's configuration says. Too late once the first message has been written.
  public func setResponseEncoding(_ encoding: MessageEncoding) {
    guard case .call(let call) = source else { return }
    if call.loop.isCurrent {
      call.setResponseEncoding(encoding)
    } else {
      call.loop.execute { call.setResponseEncoding(encoding) }
    }
  }

  /// The request message that was read last came compressed.
  public var isRequestCompressed: Bool {
    switch source {
    case .call(let call): call.isRequestCompressed
    case .local: false
    }
  }

  private func addMetadata(_ metadata: RPCMetadata, isTrailing: Bool) {
    guard case .call(let call) = source else { return }
    if call.loop.isCurrent {
      call.addMetadata(metadata, isTrailing: isTrailing)
    } else {
      call.loop.execute { call.addMetadata(metadata, isTrailing: isTrailing) }
    }
  }
}
