/// Between details and `google.protobuf.Any`.
extension RPCErrorDetail {
  private static let prefix = "type.googleapis.com/google.rpc."

  /// As an `Any`.
  var encoded: [UInt8] {
    let (typeURL, value) = content
    var bytes: [UInt8] = []
    bytes.appendField(1, text: typeURL)
    bytes.appendField(2, message: value)
    return bytes
  }

  private var content: (typeURL: String, value: [UInt8]) {
    var value: [UInt8] = []
    switch self {
    case .errorInfo(let reason, let domain, let metadata):
      value.appendField(1, text: reason)
      value.appendField(2, text: domain)
      for (key, text) in metadata.sorted(by: { $0.key < $1.key }) {
        value.appendField(3, texts: [key, text])
      }
      return (Self.prefix + "ErrorInfo", value)
    case .retryInfo(let delay):
      var duration: [UInt8] = []
      duration.appendField(1, number: delay.components.seconds)
      duration.appendField(2, number: delay.components.attoseconds / 1_000_000_000)
      value.appendField(1, message: duration)
      return (Self.prefix + "RetryInfo", value)
    case .badRequest(let violations):
      for one in violations { value.appendField(1, texts: [one.field, one.description]) }
      return (Self.prefix + "BadRequest", value)
    case .quotaFailure(let violations):
      for one in violations { value.appendField(1, texts: [one.subject, one.description]) }
      return (Self.prefix + "QuotaFailure", value)
    case .preconditionFailure(let violations):
      for one in violations {
        value.appendField(1, texts: [one.type, one.subject, one.description])
      }
      return (Self.prefix + "PreconditionFailure", value)
    case .help(let links):
      for link in links { value.appendField(1, texts: [link.description, link.url]) }
      return (Self.prefix + "Help", value)
    case .other(let typeURL, let value):
      return (typeURL, value)
    }
  }

  /// From an `Any`; whatever cannot be read is kept as it is.
  init(packed: [UInt8]) {
    let fields = ProtobufFields(packed)
    let typeURL = fields?.text(1) ?? ""
    let value = fields?.messages(2).last ?? []
    self =
      ProtobufFields(value).flatMap { Self(name: typeURL.split(separator: "/").last ?? "", $0) }
      ?? .other(typeURL: typeURL, value: value)
  }

  private init?(name: Substring, _ fields: ProtobufFields) {
    switch name {
    case "google.rpc.ErrorInfo":
      guard let entries = fields.repeated(3) else { return nil }
      self = .errorInfo(
        reason: fields.text(1), domain: fields.text(2),
        metadata: Dictionary(
          entries.map { ($0.text(1), $0.text(2)) }, uniquingKeysWith: { _, last in last }))
    case "google.rpc.RetryInfo":
      guard let delay = fields.repeated(1) else { return nil }
      let seconds = delay.last?.number(1) ?? 0
      let nanoseconds = delay.last?.number(2) ?? 0
      self = .retryInfo(delay: .seconds(seconds) + .nanoseconds(nanoseconds))
    case "google.rpc.BadRequest":
      guard let all = fields.repeated(1) else { return nil }
      self = .badRequest(all.map { .init(field: $0.text(1), description: $0.text(2)) })
    case "google.rpc.QuotaFailure":
      guard let all = fields.repeated(1) else { return nil }
      self = .quotaFailure(all.map { .init(subject: $0.text(1), description: $0.text(2)) })
    case "google.rpc.PreconditionFailure":
      guard let all = fields.repeated(1) else { return nil }
      self = .preconditionFailure(
        all.map { .init(type: $0.text(1), subject: $0.text(2), description: $0.text(3)) })
    case "google.rpc.Help":
      guard let all = fields.repeated(1) else { return nil }
      self = .help(all.map { .init(description: $0.text(1), url: $0.text(2)) })
    default:
      return nil
    }
  }
}
