internal import Glibc
internal import MartletRPC
internal import NIOSSL

/// Why TLS cannot go on, in words for people.
struct TLSFailure: Error, CustomStringConvertible {
  let words: String

  var description: String { words }

  static func name(of peer: TLSGate.Peer) -> String {
    peer == .client ? "the client" : "the server"
  }

  /// `certificate`: what the other side has shown, if it came so far.
  static func explain(
    _ error: any Error, by peer: TLSGate.Peer, _ certificate: NIOSSLCertificate?
  ) -> any Error {
    if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname,
      case .server(let name) = peer
    {
      return wrongName(name, certificate)
    }
    let other = Self.name(of: peer)
    switch error {
    case NIOSSLError.handshakeFailed(.sslError(let stack)), BoringSSLError.sslError(let stack):
      if stack.contains(.eofDuringHandshake) {
        return TLSFailure(words: "\(other) hung up during the TLS handshake")
      }
      let reason = stack.first.map(reason) ?? ""
      return TLSFailure(words: explain(reason, other, certificate))
    default:
      return error
    }
  }

  static func wrongName(_ name: String?, _ certificate: NIOSSLCertificate?) -> TLSFailure {
    let names = (certificate.map(PeerCertificate.names) ?? []).map(\.text)
    let shown = names.isEmpty ? "no name" : names.joined(separator: ", ")
    return TLSFailure(
      words: "the server's certificate is for \(shown), not for \(name ?? "its address")")
  }

  private static func explain(
    _ reason: String, _ other: String, _ certificate: NIOSSLCertificate?
  ) -> String {
    switch reason {
    case "CERTIFICATE_VERIFY_FAILED": "\(other)'s certificate \(fault(of: certificate))"
    case "WRONG_VERSION_NUMBER", "HTTP_REQUEST": "\(other) does not speak TLS"
    case "UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION":
      "\(other) speaks neither TLS 1.2 nor 1.3"
    case "TLSV1_ALERT_NO_APPLICATION_PROTOCOL": "\(other) has no HTTP/2"
    case "TLSV1_ALERT_CERTIFICATE_REQUIRED", "PEER_DID_NOT_RETURN_A_CERTIFICATE":
      "\(other) wants a certificate"
    case "TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
      "SSLV3_ALERT_BAD_CERTIFICATE":
      "\(other) does not believe the certificate that it was shown"
    case "SSLV3_ALERT_CERTIFICATE_EXPIRED":
      "\(other) says that the certificate that it was shown has expired"
    default: "TLS failed: \(reason.lowercased().replacing("_", with: " "))"
    }
  }

  /// What may be wrong with a certificate that was not believed.
  private static func fault(of certificate: NIOSSLCertificate?) -> String {
    let now = time(nil)
    if let certificate, certificate.notValidAfter < now { return "has expired" }
    if let certificate, certificate.notValidBefore > now { return "is not valid yet" }
    return "does not lead to a trusted authority"
  }

  /// The library says `Error: 1 error:2:SSL routines:OPENSSL_internal:THE_REASON at file:line`.
  private static func reason(_ error: BoringSSLInternalError) -> String {
    let text = error.description
    let words = text.split(separator: ":").first { $0.contains(" at ") } ?? text[...]
    return String(words.prefix { $0 != " " })
  }
}
