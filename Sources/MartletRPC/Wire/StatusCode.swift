/// The outcome of a call, as gRPC numbers it. Unknown numbers are kept.
public struct StatusCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public var rawValue: Int

  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The call did what it was asked for.
  public static let ok = Self(rawValue: 0)
  /// The caller gave up.
  public static let cancelled = Self(rawValue: 1)
  /// Something that fits no other code.
  public static let unknown = Self(rawValue: 2)
  /// The request can never be right, whatever state the server is in.
  public static let invalidArgument = Self(rawValue: 3)
  /// The time that the caller gave ran out; the call may have had its effect.
  public static let deadlineExceeded = Self(rawValue: 4)
  /// What the request names is not there.
  public static let notFound = Self(rawValue: 5)
  /// What the request would create is there.
  public static let alreadyExists = Self(rawValue: 6)
  /// The caller may not do this.
  public static let permissionDenied = Self(rawValue: 7)
  /// A limit or quota is reached; later it may not be.
  public static let resourceExhausted = Self(rawValue: 8)
  /// The state of things forbids it, until somebody changes that.
  public static let failedPrecondition = Self(rawValue: 9)
  /// Something else came in between: read again and repeat.
  public static let aborted = Self(rawValue: 10)
  /// Past the ends of what there is.
  public static let outOfRange = Self(rawValue: 11)
  /// The server has no such method.
  public static let unimplemented = Self(rawValue: 12)
  /// The server broke a promise of its own.
  public static let internalError = Self(rawValue: 13)
  /// Nobody answers at the moment: try again.
  public static let unavailable = Self(rawValue: 14)
  /// Data are gone or damaged.
  public static let dataLoss = Self(rawValue: 15)
  /// The server does not know who calls.
  public static let unauthenticated = Self(rawValue: 16)

  private static let names = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
  ]

  /// The canonical name, such as `NOT_FOUND`.
  public var description: String {
    Self.names.indices.contains(rawValue) ? Self.names[rawValue] : "CODE_\(rawValue)"
  }
}

/// How a call ended when it did not end well: thrown by handlers, and thrown at callers.
public struct RPCStatus: Error, Sendable, Equatable, CustomStringConvertible {
  /// What went wrong, in a form that programs can use; `.ok` if nothing did.
  public var code: StatusCode
  /// For people. Carries no paths, queries or stacks of the server.
  public var message: String
  /// The bytes of a `google.rpc.Status`, sent as `grpc-status-details-bin`; empty: none.
  public var details: [UInt8]
  /// Trailing metadata that goes, or came, with the status.
  public var metadata: RPCMetadata

  public init(
    code: StatusCode, message: String, details: [UInt8] = [], metadata: RPCMetadata = [:]
  ) {
    self.code = code
    self.message = message
    self.details = details
    self.metadata = metadata
  }

  public var description: String { message.isEmpty ? "\(code)" : "\(code): \(message)" }
}
