/// Where a server listens or a channel connects.
enum RPCAddress: Sendable, Equatable {
  case tcp(host: String, port: Int)
  case unix(path: String)
  /// Within the process; a server without a name gets one.
  case inProcess(name: String)

  /// Reads `host:port`, `[v6]:port`, `unix:/path` or `in-process:name`.
  init(_ text: String) throws(RPCStatus) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard !path.isEmpty, path.utf8.count < 108 else { throw Self.malformed(text) }
      self = .unix(path: path.hasPrefix("//") ? String(path.dropFirst(2)) : path)
      return
    }
    if text.hasPrefix("in-process:") {
      self = .inProcess(name: String(text.dropFirst(11)))
      return
    }
    guard let colon = text.lastIndex(of: ":"),
      let port = Int(text[text.index(after: colon)...]), 0...65_535 ~= port
    else { throw Self.malformed(text) }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw Self.malformed(text)
    }
    guard !host.isEmpty else { throw Self.malformed(text) }
    self = .tcp(host: String(host), port: port)
  }

  private static func malformed(_ text: String) -> RPCStatus {
    RPCStatus(
      code: .invalidArgument,
      message: "\(text) is not an address: use host:port, [v6]:port, unix:/path or in-process:name")
  }
}
