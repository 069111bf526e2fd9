/// The name and shape of one rpc.
public struct MethodDescriptor: Sendable, Hashable {
  /// Which sides send more than one message.
  public enum Kind: Sendable, Hashable {
    case unary
    case serverStreaming
    case clientStreaming
    case bidirectional

    /// The client sends exactly one message.
    public var hasSingleRequest: Bool { self == .unary || self == .serverStreaming }
    /// The server sends exactly one message.
    public var hasSingleResponse: Bool { self == .unary || self == .clientStreaming }
  }

  /// The full protobuf name of the service, such as `martlet.v1.TaskService`.
  public let service: String
  public let method: String
  public let kind: Kind
  /// The HTTP/2 path, such as `/martlet.v1.TaskService/SubmitTask`.
  public let path: String

  public init(service: String, method: String, kind: Kind) {
    self.service = service
    self.method = method
    self.kind = kind
    path = "/\(service)/\(method)"
  }
}
