public import MartletProtobuf

/// What a failed call says beside its code and message: the typed details that travel, as a
/// `google.rpc.Status`, in the trailer `grpc-status-details-bin`.
public struct RPCErrorDetails: Sendable, Equatable {
  /// The stable, machine-readable cause.
  public var errorInfo: GoogleRPC.ErrorInfo?
  /// When it makes sense to try again.
  public var retryInfo: GoogleRPC.RetryInfo?
  /// Which fields of the request are wrong.
  public var badRequest: GoogleRPC.BadRequest?
  /// Which quota was reached.
  public var quotaFailure: GoogleRPC.QuotaFailure?
  /// Details of other types, ones that repeat a type above, and ones that can't be read; kept as
  /// they came.
  public var others: [WellKnown.`Any`]

  public init(
    errorInfo: GoogleRPC.ErrorInfo? = nil, retryInfo: GoogleRPC.RetryInfo? = nil,
    badRequest: GoogleRPC.BadRequest? = nil, quotaFailure: GoogleRPC.QuotaFailure? = nil,
    others: [WellKnown.`Any`] = []
  ) {
    self.errorInfo = errorInfo
    self.retryInfo = retryInfo
    self.badRequest = badRequest
    self.quotaFailure = quotaFailure
    self.others = others
  }

  public var isEmpty: Bool { self == RPCErrorDetails() }
}

// MARK: google.rpc.Status

extension RPCErrorDetails {
  public init(status: GoogleRPC.Status) {
    self.init()
    for detail in status.details where !take(detail) { others.append(detail) }
  }

  /// - Parameter statusBytes: The value of `grpc-status-details-bin`, decoded from base64.
  public init(statusBytes: [UInt8]) throws(ProtobufDecodingError) {
    self.init(status: try GoogleRPC.Status(protobufBytes: statusBytes))
  }

  /// - Parameters:
  ///   - code: The call's status code, which must be the same here as in `grpc-status`.
  ///   - message: Likewise the message of `grpc-message`.
  public func status(code: Int, message: String) -> GoogleRPC.Status {
    var details: [WellKnown.`Any`] = []
    if let errorInfo { details.append(.init(packing: errorInfo)) }
    if let retryInfo { details.append(.init(packing: retryInfo)) }
    if let badRequest { details.append(.init(packing: badRequest)) }
    if let quotaFailure { details.append(.init(packing: quotaFailure)) }
    return .init(code: Int32(clamping: code), message: message, details: details + others)
  }

  /// The value of `grpc-status-details-bin`, not yet in base64.
  public func statusBytes(code: Int, message: String) -> [UInt8] {
    status(code: code, message: message).protobufBytes()
  }

  /// Puts a detail where its type belongs; false if there is no such place or it is taken.
  private mutating func take(_ detail: WellKnown.`Any`) -> Bool {
    Self.take(detail, into: &errorInfo) || Self.take(detail, into: &retryInfo)
      || Self.take(detail, into: &badRequest) || Self.take(detail, into: &quotaFailure)
  }

  private static func take<M: ProtobufMessage>(
    _ detail: WellKnown.`Any`, into place: inout M?
  ) -> Bool {
    guard place == nil, let message = try? detail.unpacked(as: M.self) else { return false }
    place = message
    return true
  }
}
