/// Where a channel's calls go, as gRPC writes it.
///
/// | target | addresses |
/// |---|---|
/// | `host:port`, `dns:host:port`, `dns:///host:port` | all that the name stands for |
/// | `ipv4:1.2.3.4:5,1.2.3.5:6` | these |
/// | `ipv6:[::1]:5,[::2]:6` | these |
/// | `unix:path`, `unix:///absolute/path` | a Unix socket |
/// | `in-process:name` | the server of this process that listens there |
struct ChannelTarget: Sendable, Equatable {
  enum Place: Sendable, Equatable {
    case name(host: String, port: Int)
    case addresses([RPCAddress])
  }

  let place: Place
  /// What the server is called in requests.
  let authority: String

  /// The port where a target names none.
  static let defaultPort = 443

  init(_ text: String) throws(RPCStatus) {
    if let rest = Self.rest(of: text, after: "dns:") {
      try self.init(name: rest, in: text)
    } else if let rest = Self.rest(of: text, after: "ipv4:") {
      try self.init(list: rest, in: text, isIPv6: false)
    } else if let rest = Self.rest(of: text, after: "ipv6:") {
      try self.init(list: rest, in: text, isIPv6: true)
    } else if text.hasPrefix("unix:") {
      self.init(place: .addresses([try RPCAddress(text)]), authority: "localhost")
    } else if let name = Self.rest(of: text, after: "in-process:") {
      guard !name.isEmpty else { throw Self.malformed(text) }
      self.init(place: .addresses([.inProcess(name: String(name))]), authority: "localhost")
    } else {
      try self.init(name: text[...], in: text)
    }
  }

  private init(name: Substring, in text: String) throws(RPCStatus) {
    var endpoint = name
    if endpoint.hasPrefix("//") {
      // A DNS server of one's own choice is not supported: there must be none.
      guard endpoint.hasPrefix("///") else { throw Self.malformed(text) }
      endpoint = endpoint.dropFirst(3)
    }
    let (host, port) = try Self.split(endpoint, in: text)
    let isLiteral = Self.isLiteral(host)
    self.init(
      place: isLiteral
        ? .addresses([.tcp(host: host, port: port)]) : .name(host: host, port: port),
      authority: String(endpoint))
  }

  private init(list: Substring, in text: String, isIPv6: Bool) throws(RPCStatus) {
    let list = list.hasPrefix("///") ? list.dropFirst(3) : list
    var addresses: [RPCAddress] = []
    let parts = list.split(separator: ",", omittingEmptySubsequences: false)
    for part in parts {
      let (host, port) = try Self.split(part, in: text)
      guard Self.isLiteral(host), host.contains(":") == isIPv6 else { throw Self.malformed(text) }
      addresses.append(.tcp(host: host, port: port))
    }
    self.init(place: .addresses(addresses), authority: String(parts[0]))
  }

  private init(place: Place, authority: String) {
    self.place = place
    self.authority = authority
  }

  private static func rest(of text: String, after scheme: String) -> Substring? {
    text.hasPrefix(scheme) ? text.dropFirst(scheme.count) : nil
  }

  /// `host`, `host:port`, `v6` or `[v6]:port`.
  private static func split(
    _ endpoint: Substring, in text: String
  ) throws(RPCStatus) -> (host: String, port: Int) {
    var host = endpoint
    var port: Substring?
    if endpoint.hasPrefix("[") {
      guard let end = endpoint.firstIndex(of: "]") else { throw malformed(text) }
      host = endpoint[endpoint.index(after: endpoint.startIndex)..<end]
      let rest = endpoint[endpoint.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { throw malformed(text) }
      port = rest.isEmpty ? nil : rest.dropFirst()
    } else if let colon = endpoint.lastIndex(of: ":"), colon == endpoint.firstIndex(of: ":") {
      host = endpoint[..<colon]
      port = endpoint[endpoint.index(after: colon)...]
    }
    let isPlain = host.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != 0x2F && $0 != 0x2C }
    guard !host.isEmpty, isPlain else { throw malformed(text) }
    guard let port else { return (String(host), defaultPort) }
    guard let number = Int(port), 0...65_535 ~= number else { throw malformed(text) }
    return (String(host), number)
  }

  /// An IP address rather than a name.
  static func isLiteral(_ host: String) -> Bool {
    if host.contains(":") { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func malformed(_ text: String) -> RPCStatus {
    RPCStatus(
      code: .invalidArgument,
      message: """
        \(text) is not a target: use host:port, dns:host:port, ipv4:…, ipv6:…, unix:/path or \
        in-process:name
        """)
  }
}
