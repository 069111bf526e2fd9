internal import MartletProtobuf
public import MartletRPC

extension MartletError {
  /// Reads the details that Martlet's errors carry. Details that cannot be read are left out: the
  /// code and the message are always there.
  public init(_ status: RPCStatus, target: String = "") {
    self.init(code: status.code, message: status.message, target: target)
    guard !status.details.isEmpty,
      let decoded = try? GoogleRPC.Status(protobufBytes: status.details)
    else { return }
    for detail in decoded.details { add(detail) }
  }

  private mutating func add(_ detail: WellKnown.`Any`) {
    switch detail.typeUrl.split(separator: "/").last {
    case "google.rpc.ErrorInfo":
      guard let info = try? GoogleRPC.ErrorInfo(protobufBytes: detail.value) else { return }
      reason = Reason(rawValue: info.reason)
      metadata.merge(info.metadata) { _, new in new }
    case "google.rpc.RetryInfo":
      guard let info = try? GoogleRPC.RetryInfo(protobufBytes: detail.value) else { return }
      retryDelay = info.retryDelay?.duration
    case "google.rpc.BadRequest":
      guard let bad = try? GoogleRPC.BadRequest(protobufBytes: detail.value) else { return }
      violations += bad.fieldViolations.map {
        FieldViolation(field: $0.field, description: $0.description)
      }
    default: break
    }
  }
}
