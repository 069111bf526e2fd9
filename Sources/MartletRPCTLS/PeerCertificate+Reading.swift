internal import MartletRPC
internal import NIOCore
internal import NIOSSL

extension PeerCertificate {
  init?(_ certificate: NIOSSLCertificate) {
    guard let bytes = try? certificate.toDERBytes() else { return nil }
    self.init(names: Self.names(of: certificate), derBytes: bytes)
  }

  static func names(of certificate: NIOSSLCertificate) -> [Name] {
    certificate._subjectAlternativeNames().compactMap { name in
      let text = String(decoding: name.contents, as: UTF8.self)
      switch name.nameType {
      case .dnsName: return .dns(text)
      case .uri: return .uri(text)
      case .email: return .email(text)
      case .ipAddress:
        let packed = ByteBuffer(bytes: name.contents)
        let address = try? SocketAddress(packedIPAddress: packed, port: 0)
        return address?.ipAddress.map { .ip($0) }
      default: return nil
      }
    }
  }
}

extension PeerCertificate.Name {
  /// It stands for a host; a `*` for one whole label, the first.
  func isDNS(_ host: String) -> Bool {
    guard case .dns(let name) = self else { return false }
    let host = (host.hasSuffix(".") ? String(host.dropLast()) : host).lowercased()
    return name.lowercased() == host || name.lowercased() == Self.wildcard(for: host)
  }

  /// `*.example.org` for `www.example.org`; nil: the host has one label.
  static func wildcard(for host: String) -> String? {
    host.firstIndex(of: ".").map { "*" + host[$0...] }
  }

  /// As people write it.
  var text: String {
    switch self {
    case .dns(let text), .uri(let text), .email(let text), .ip(let text): text
    }
  }
}
