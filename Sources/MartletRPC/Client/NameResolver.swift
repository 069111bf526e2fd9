internal import Glibc
internal import NIOPosix

/// Finds the addresses behind a name. One's own may ask a registry of services instead of DNS.
public struct NameResolver: Sendable {
  /// From a host and a port to addresses, in order of preference: `1.2.3.4:5`, `[::1]:5` or
  /// `unix:/path`. None, or an error, means that the name cannot be found now.
  public var addresses: @Sendable (_ host: String, _ port: Int) async throws -> [String]

  public init(
    _ addresses: @escaping @Sendable (_ host: String, _ port: Int) async throws -> [String]
  ) {
    self.addresses = addresses
  }

  /// The system's (`getaddrinfo`: hosts file, DNS), on a thread of its own.
  public static let system = NameResolver { host, port in
    try await NIOThreadPool.singleton.runIfActive { try lookUp(host, port) }
  }

  /// Blocks.
  private static func lookUp(_ host: String, _ port: Int) throws -> [String] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var first: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &first)
    guard code == 0 else {
      throw RPCStatus(
        code: .unavailable,
        message: "cannot resolve \(host): \(String(cString: gai_strerror(code)))"
      )
    }
    defer { freeaddrinfo(first) }
    var found: [String] = []
    var next = first
    while let entry = next?.pointee {
      next = entry.ai_next
      var text = [UInt8](repeating: 0, count: Int(NI_MAXHOST))
      let result = text.withUnsafeMutableBytes { region in
        getnameinfo(
          entry.ai_addr, entry.ai_addrlen, region.baseAddress?.assumingMemoryBound(to: CChar.self),
          socklen_t(region.count), nil, 0, NI_NUMERICHOST)
      }
      guard result == 0 else { continue }
      let address = String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
      found.append(address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)")
    }
    return found
  }
}
