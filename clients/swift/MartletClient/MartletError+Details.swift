public import MartletRPC

extension MartletError {
  /// Reads the details that Martlet's errors carry. Details that cannot be read are left out: the
  /// code and the message are always there.
  public init(_ status: RPCStatus, target: String = "") {
    self.init(code: status.code, message: status.message, target: target)
    for detail in status.errorDetails { add(detail) }
  }

  private mutating func add(_ detail: RPCErrorDetail) {
    switch detail {
    case .errorInfo(let reason, _, let metadata):
      self.reason = Reason(rawValue: reason)
      self.metadata.merge(metadata) { _, new in new }
    case .retryInfo(let delay):
      retryDelay = delay
    case .badRequest(let violations):
      self.violations += violations.map {
        FieldViolation(field: $0.field, description: $0.description)
      }
    case .quotaFailure, .preconditionFailure, .help, .other:
      break
    }
  }
}
