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
  /// As people write it.
  var text: String {
    switch self {
    case .dns(let text), .uri(let text), .email(let text), .ip(let text): text
    }
  }
}
