public import MartletRPC
internal import NIOCore
internal import NIOSSL
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

  /// Reads the files of a server; blocks meanwhile. Throws `TLSFileError`.
  public convenience init(server: TLSServerConfiguration) throws { try self.init(.server(server)) }

  /// Reads the files of a channel; blocks meanwhile. Throws `TLSFileError`.
  public convenience init(client: TLSClientConfiguration) throws { try self.init(.client(client)) }

  private init(_ role: Role) throws {
    self.role = role
    context = Mutex(try Self.read(role))
  }

  /// Reads the files again, and blocks meanwhile; connections made from now on use what is in them.
  /// If it throws, the old certificates stay.
  public func reload() throws {
    let new = try Self.read(role)
    context.withLock { $0 = new }
  }

  /// For `RPCServerConfiguration.transportSecurity` or `RPCChannelConfiguration.transportSecurity`.
  public var security: TransportSecurity {
    TransportSecurity(scheme: "https", hasHandshake: true) { [self] channel, host in
      let context = context.withLock { $0 }
      let handlers = channel.pipeline.syncOperations
      switch role {
      case .server:
        let tls = NIOSSLServerHandler(context: context)
        try handlers.addHandlers([tls, TLSGate(tls, to: .client)])
      case .client(let configuration):
        let name = configuration.serverName ?? host
        let tls = try NIOSSLClientHandler(context: context, serverHostname: name)
        try handlers.addHandlers([tls, TLSGate(tls, to: .server(name: name))])
      }
    } describe: { channel in
      try? channel.pipeline.syncOperations.handler(type: TLSGate.self).agreement
    }
  }

  // MARK: Reading

  private static func read(_ role: Role) throws -> NIOSSLContext {
    switch role {
    case .server(let server): try read(server)
    case .client(let client): try read(client)
    }
  }

  private static func read(_ server: TLSServerConfiguration) throws -> NIOSSLContext {
    let identity = try LoadedIdentity(server.identity)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: identity.chain, privateKey: identity.key)
    if let file = server.clientAuthoritiesFile {
      configuration.certificateVerification =
        server.isClientCertificateOptional ? .optionalVerification : .noHostnameVerification
      configuration.trustRoots = .certificates(try TLSFiles.certificates(file))
      configuration.sendCANameList = true
    }
    restrict(&configuration)
    // For the client's farewell, after ours.
    configuration.shutdownTimeout = .seconds(1)
    if !server.furtherIdentities.isEmpty {
      let further = try server.furtherIdentities.map { try LoadedIdentity($0) }
      for identity in further {
        // For a key that is not its certificate's: now, not when a client asks for it.
        _ = try context(
          TLSConfiguration.makeServerConfiguration(
            certificateChain: identity.chain, privateKey: identity.key), of: identity.files)
      }
      configuration.sslContextCallback = NamedIdentities(identity, further).callback
    }
    return try context(configuration, of: server.identity)
  }

  private static func read(_ client: TLSClientConfiguration) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    if let file = client.authoritiesFile {
      configuration.trustRoots = .certificates(try TLSFiles.certificates(file))
    }
    if let files = client.identity {
      let identity = try LoadedIdentity(files)
      configuration.certificateChain = identity.chain
      configuration.privateKey = identity.key
    }
    restrict(&configuration)
    // HTTP/2 has said what there was to say: a server's farewell is not waited for.
    configuration.shutdownTimeout = .zero
    return try context(configuration, of: client.identity)
  }

  private static func restrict(_ configuration: inout TLSConfiguration) {
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["h2"]
    // HTTP/2 allows no others with TLS 1.2 (RFC 9113, appendix A).
    configuration.cipherSuiteValues = [
      .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
      .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
      .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
      .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
  }

  private static func context(
    _ configuration: TLSConfiguration, of files: TLSIdentity?
  ) throws -> NIOSSLContext {
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      guard let files else { throw error }
      throw TLSFileError(file: files.keyFile, problem: "is not the key of \(files.certificateFile)")
    }
  }
}
