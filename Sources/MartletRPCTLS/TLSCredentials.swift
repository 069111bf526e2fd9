public import MartletRPC
internal import NIOCore
internal import NIOSSL
internal import NIOTLS
internal import Synchronization

/// The certificates of a server or a channel, read from their files. Reading them again takes
/// effect with the next connection.
///
/// ```swift
/// let credentials = try TLSCredentials(server: .init(identity: identity))
/// configuration.transportSecurity = credentials.security
/// …
/// try credentials.reload()  // after the files were replaced
/// ```
public final class TLSCredentials: Sendable {
  private enum Role {
    case server(TLSServerConfiguration)
    case client(TLSClientConfiguration)
  }

  private let role: Role
  private let context: Mutex<NIOSSLContext>

  /// Reads the files of a server. Throws if one is missing or is not what it should be.
  public convenience init(server: TLSServerConfiguration) throws { try self.init(.server(server)) }

  /// Reads the files of a channel. Throws if one is missing or is not what it should be.
  public convenience init(client: TLSClientConfiguration) throws { try self.init(.client(client)) }

  private init(_ role: Role) throws {
    self.role = role
    context = Mutex(try Self.read(role))
  }

  /// Reads the files again; connections made from now on use what is in them. If it throws, the
  /// old certificates stay.
  public func reload() throws {
    let new = try Self.read(role)
    context.withLock { $0 = new }
  }

  /// For `RPCServerConfiguration.transportSecurity` or `RPCChannelConfiguration.transportSecurity`.
  public var security: TransportSecurity {
    TransportSecurity(scheme: "https") { [self] channel, host in
      let context = context.withLock { $0 }
      let handlers = channel.pipeline.syncOperations
      switch role {
      case .server: try handlers.addHandler(NIOSSLServerHandler(context: context))
      case .client(let configuration):
        try handlers.addHandler(
          NIOSSLClientHandler(
            context: context, serverHostname: configuration.serverName ?? host))
      }
      try handlers.addHandler(ALPNCheck())
    }
  }

  // MARK: Reading

  private static func read(_ role: Role) throws -> NIOSSLContext {
    var configuration: TLSConfiguration
    switch role {
    case .server(let server):
      configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: try certificates(of: server.identity),
        privateKey: try key(of: server.identity))
      if let authorities = server.clientAuthoritiesFile {
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates(
          try NIOSSLCertificate.fromPEMFile(authorities))
      }
    case .client(let client):
      configuration = TLSConfiguration.makeClientConfiguration()
      if let authorities = client.authoritiesFile {
        configuration.trustRoots = .certificates(
          try NIOSSLCertificate.fromPEMFile(authorities))
      }
      if let identity = client.identity {
        configuration.certificateChain = try certificates(of: identity)
        configuration.privateKey = try key(of: identity)
      }
    }
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["h2"]
    // HTTP/2 allows no others with TLS 1.2 (RFC 9113, appendix A).
    configuration.cipherSuiteValues = [
      .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
      .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
      .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
      .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
    return try NIOSSLContext(configuration: configuration)
  }

  private static func certificates(
    of identity: TLSIdentity
  ) throws -> [NIOSSLCertificateSource] {
    try NIOSSLCertificate.fromPEMFile(identity.certificateFile).map { .certificate($0) }
  }

  private static func key(of identity: TLSIdentity) throws -> NIOSSLPrivateKeySource {
    .privateKey(try NIOSSLPrivateKey(file: identity.keyFile, format: .pem))
  }
}

/// Closes connections on which the two sides have not agreed on HTTP/2.
private final class ALPNCheck: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent, negotiated != "h2" {
      context.fireErrorCaught(NoHTTP2())
      context.close(promise: nil)
      return
    }
    context.fireUserInboundEventTriggered(event)
  }

  private struct NoHTTP2: Error, CustomStringConvertible {
    var description: String { "the other side does not offer HTTP/2" }
  }
}
