/// A certificate and its key, in PEM files.
public struct TLSIdentity: Sendable, Hashable {
  /// The file with the certificate, and those that lead from it to an authority.
  public var certificateFile: String
  /// The file with the private key, without a passphrase.
  public var keyFile: String

  /// Nothing is read yet.
  public init(certificateFile: String, keyFile: String) {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
  }
}

/// TLS as a server speaks it: 1.2 or 1.3, with ALPN `h2`.
public struct TLSServerConfiguration: Sendable, Hashable {
  /// What the server shows of itself.
  public var identity: TLSIdentity
  /// What it shows instead to clients that ask (by SNI) for a name of one of these certificates, or
  /// that its `*.` covers. Of two with the same name the first counts.
  public var furtherIdentities: [TLSIdentity]
  /// A PEM file with the authorities whose certificates clients show; nil: clients are not asked
  /// for one.
  public var clientAuthoritiesFile: String?
  /// Clients without a certificate are served, too; one that is shown must still be of these
  /// authorities. Means nothing without `clientAuthoritiesFile`.
  public var isClientCertificateOptional: Bool

  /// Clients need a certificate if there are authorities for it, unless it is said to be optional.
  public init(
    identity: TLSIdentity, furtherIdentities: [TLSIdentity] = [],
    clientAuthoritiesFile: String? = nil, isClientCertificateOptional: Bool = false
  ) {
    self.identity = identity
    self.furtherIdentities = furtherIdentities
    self.clientAuthoritiesFile = clientAuthoritiesFile
    self.isClientCertificateOptional = isClientCertificateOptional
  }
}

/// TLS as a channel speaks it: 1.2 or 1.3, with ALPN `h2`. The server's certificate is always
/// verified, its name or address included.
public struct TLSClientConfiguration: Sendable, Hashable {
  /// A PEM file with the authorities to believe; nil: the system's.
  public var authoritiesFile: String?
  /// What the channel shows of itself; nil: nothing.
  public var identity: TLSIdentity?
  /// The name that the server must have (and that it is told, by SNI); nil: the target's host.
  public var serverName: String?

  /// Nothing is read yet.
  public init(
    authoritiesFile: String? = nil, identity: TLSIdentity? = nil, serverName: String? = nil
  ) {
    self.authoritiesFile = authoritiesFile
    self.identity = identity
    self.serverName = serverName
  }
}
