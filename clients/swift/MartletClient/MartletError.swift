public import MartletRPC

/// Why a call failed, in one sentence for people and in fields for programs.
public struct MartletError: Error, Sendable, Equatable {
  /// A field of the request that the server does not accept.
  public struct FieldViolation: Sendable, Equatable {
    /// Its path, such as `spec.retry_policy.factor`.
    public var field: String
    public var description: String

    public init(field: String, description: String) {
      self.field = field
      self.description = description
    }
  }

  /// The canonical code of gRPC.
  public var code: StatusCode
  /// What exactly, as Martlet names it; nil for errors of the connection.
  public var reason: Reason?
  /// What the server, or the connection, said.
  public var message: String
  /// Every violation at once; empty unless the request was invalid.
  public var violations: [FieldViolation]
  /// How long to wait before it makes sense to try again.
  public var retryDelay: Duration?
  /// Facts about the error, such as `oldest_cursor`.
  public var metadata: [String: String]
  /// The server that was called.
  public var target: String

  public init(
    code: StatusCode, reason: Reason? = nil, message: String, violations: [FieldViolation] = [],
    retryDelay: Duration? = nil, metadata: [String: String] = [:], target: String = ""
  ) {
    self.code = code
    self.reason = reason
    self.message = message
    self.violations = violations
    self.retryDelay = retryDelay
    self.metadata = metadata
    self.target = target
  }
}

extension MartletError {
  /// What Martlet names exactly. Open: a newer server may know more.
  public struct Reason: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }

    public static let queueFull = Self(rawValue: "QUEUE_FULL")
    public static let rateLimited = Self(rawValue: "RATE_LIMITED")
    public static let memoryPressure = Self(rawValue: "MEMORY_PRESSURE")
    public static let diskLow = Self(rawValue: "DISK_LOW")
    public static let logUnavailable = Self(rawValue: "LOG_UNAVAILABLE")
    public static let poolExists = Self(rawValue: "POOL_EXISTS")
    public static let poolNotFound = Self(rawValue: "POOL_NOT_FOUND")
    public static let poolNotEmpty = Self(rawValue: "POOL_NOT_EMPTY")
    public static let poolDraining = Self(rawValue: "POOL_DRAINING")
    public static let poolClosed = Self(rawValue: "POOL_CLOSED")
    public static let taskNotFound = Self(rawValue: "TASK_NOT_FOUND")
    public static let taskTerminal = Self(rawValue: "TASK_TERMINAL")
    public static let taskNotRetryable = Self(rawValue: "TASK_NOT_RETRYABLE")
    public static let leaseLost = Self(rawValue: "LEASE_LOST")
    public static let etagMismatch = Self(rawValue: "ETAG_MISMATCH")
    public static let duplicateTask = Self(rawValue: "DUPLICATE_TASK")
    public static let requestIDReused = Self(rawValue: "REQUEST_ID_REUSED")
    public static let revisionCompacted = Self(rawValue: "REVISION_COMPACTED")
    public static let filterInvalid = Self(rawValue: "FILTER_INVALID")
    public static let pageTokenInvalid = Self(rawValue: "PAGE_TOKEN_INVALID")
    public static let fieldInvalid = Self(rawValue: "FIELD_INVALID")
    public static let indexBehind = Self(rawValue: "INDEX_BEHIND")
    public static let serverStopping = Self(rawValue: "SERVER_STOPPING")
  }
}
