/// The certificate that a client showed when its connection began: one of an authority that the
/// server believes, and the client has its key.
public struct PeerCertificate: Sendable, Hashable {
  /// Whom a certificate speaks of (subject alternative name).
  public enum Name: Sendable, Hashable {
    /// A host, perhaps with `*` as its first label.
    case dns(String)
    /// Such as `spiffe://example.org/worker`.
    case uri(String)
    case email(String)
    /// `127.0.0.1` or `::1`.
    case ip(String)
  }

  /// Those names, in the certificate's order; those of other kinds are left out.
  public let names: [Name]
  /// The certificate in DER, for everything else that is in it.
  public let derBytes: [UInt8]

  package init(names: [Name], derBytes: [UInt8]) {
    self.names = names
    self.derBytes = derBytes
  }
}
