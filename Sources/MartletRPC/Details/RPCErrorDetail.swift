/// What a failed call says beside its code and message: the typed details of `google.rpc`, as they
/// travel in `grpc-status-details-bin`.
public enum RPCErrorDetail: Sendable, Equatable {
  /// The stable, machine-readable cause: `reason` such as `QUEUE_FULL`, `domain` who defines it.
  case errorInfo(reason: String, domain: String, metadata: [String: String] = [:])
  /// When it makes sense to try again.
  case retryInfo(delay: Duration)
  /// Which fields of the request are wrong.
  case badRequest([FieldViolation])
  /// Which quotas were reached.
  case quotaFailure([QuotaViolation])
  /// What has to be put right before the call can succeed.
  case preconditionFailure([PreconditionViolation])
  /// Where to read more.
  case help([Link])
  /// A detail of another type, or one that cannot be read, as it came.
  case other(typeURL: String, value: [UInt8])

  /// One field of a request that is not as it must be: part of BadRequest.
  public struct FieldViolation: Sendable, Equatable {
    /// The path, for example `specs[3].kind`.
    public var field: String
    public var description: String

    public init(field: String, description: String) {
      self.field = field
      self.description = description
    }
  }

  /// One bound that was met: part of QuotaFailure.
  public struct QuotaViolation: Sendable, Equatable {
    /// What the quota belongs to, for example `pool:mail`.
    public var subject: String
    public var description: String

    public init(subject: String, description: String) {
      self.subject = subject
      self.description = description
    }
  }

  /// One thing that had to be so and was not: part of PreconditionFailure.
  public struct PreconditionViolation: Sendable, Equatable {
    /// What kind of precondition it is, for example `TOS`.
    public var type: String
    public var subject: String
    public var description: String

    public init(type: String, subject: String, description: String) {
      self.type = type
      self.subject = subject
      self.description = description
    }
  }

  /// Where to read on: part of Help.
  public struct Link: Sendable, Equatable {
    /// What is there, in words for people.
    public var description: String
    /// The address.
    public var url: String

    public init(description: String, url: String) {
      self.description = description
      self.url = url
    }
  }
}

extension RPCStatus {
  /// A status with typed details; its code and message go with them, as gRPC demands.
  public init(
    code: StatusCode, message: String, errorDetails: [RPCErrorDetail], metadata: RPCMetadata = [:]
  ) {
    var bytes: [UInt8] = []
    if !errorDetails.isEmpty {
      bytes.appendField(1, number: Int64(code.rawValue))
      bytes.appendField(2, text: message)
      for detail in errorDetails { bytes.appendField(3, message: detail.encoded) }
    }
    self.init(code: code, message: message, details: bytes, metadata: metadata)
  }

  /// The typed details, in their order. Empty when there are none, or nothing that can be read.
  public var errorDetails: [RPCErrorDetail] {
    guard let fields = ProtobufFields(details) else { return [] }
    return fields.messages(3).map(RPCErrorDetail.init(packed:))
  }
}
