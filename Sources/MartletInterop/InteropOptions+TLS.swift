public import MartletRPC
internal import MartletRPCTLS

/// The options with which both sides speak TLS.
extension InteropOptions {
  public static let serverTLSNames: Set<String> = ["use_tls", "tls_cert", "tls_key", "client_ca"]

  static let clientTLSNames: Set<String> = [
    "use_tls", "use_test_ca", "ca_file", "server_host_override", "tls_cert", "tls_key",
  ]

  /// `--use_tls true --tls_cert F --tls_key F`; with `--client_ca F` clients need a certificate.
  public func serverSecurity() throws -> TransportSecurity {
    guard try flag("use_tls") else { return .none }
    guard let identity = try identity() else {
      throw Problem(description: "--use_tls needs --tls_cert and --tls_key")
    }
    return try TLSCredentials(
      server: .init(identity: identity, clientAuthoritiesFile: self["client_ca"])
    ).security
  }

  /// `--use_tls true`; `--ca_file F`, for `--use_test_ca true`, has the authorities to believe, and
  /// `--server_host_override` the name that the server must have.
  func clientSecurity() throws -> TransportSecurity {
    guard try flag("use_tls") else { return .none }
    if try flag("use_test_ca"), self["ca_file"] == nil {
      throw Problem(description: "--use_test_ca needs --ca_file")
    }
    return try TLSCredentials(
      client: .init(
        authoritiesFile: self["ca_file"], identity: try identity(),
        serverName: self["server_host_override"])
    ).security
  }

  private func identity() throws -> TLSIdentity? {
    switch (self["tls_cert"], self["tls_key"]) {
    case (nil, nil): return nil
    case (let certificate?, let key?):
      return TLSIdentity(certificateFile: certificate, keyFile: key)
    default: throw Problem(description: "--tls_cert and --tls_key go together")
    }
  }

  private func flag(_ name: String) throws -> Bool {
    switch self[name] {
    case nil, "false": return false
    case "true": return true
    case let other?: throw Problem(description: "--\(name) is \"\(other)\": use true or false")
    }
  }
}
