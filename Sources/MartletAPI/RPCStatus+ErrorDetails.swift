public import MartletRPC

extension RPCStatus {
  /// A failure that carries typed details.
  ///
  /// - Parameter metadata: Trailing metadata beside the details.
  public init(
    code: StatusCode, message: String, details: RPCErrorDetails, metadata: RPCMetadata = [:]
  ) {
    self.init(
      code: code, message: message,
      details: details.isEmpty ? [] : details.statusBytes(code: code.rawValue, message: message),
      metadata: metadata)
  }

  /// The typed details that came with the failure; none if there are none or they can't be read.
  public var errorDetails: RPCErrorDetails {
    (try? RPCErrorDetails(statusBytes: details)) ?? RPCErrorDetails()
  }
}
