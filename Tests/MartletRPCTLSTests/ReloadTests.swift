import MartletRPC
import MartletRPCTLS
import Testing

@Suite("Certificates that change", .timeLimit(.minutes(2))) struct ReloadTests {
  @Test("certificates are replaced without a restart: old connections stay, new ones see them")
  func reload() async throws {
    let made = try await Certificates()
    let later = try await Certificates()
    let identity = try await made.identity("server", for: "IP:127.0.0.1")
    try await TLSServer.run(.init(identity: identity)) { server in
      let before = TLSClientConfiguration(authoritiesFile: made.authority)
      let after = TLSClientConfiguration(authoritiesFile: later.authority)
      let old = try makeChannel(server.target, before)
      #expect(await status(of: old) == nil)
      try await made.replace(identity, by: later.identity("server", for: "IP:127.0.0.1"))
      try server.credentials?.reload()
      #expect(try await status(server.target, after) == nil)
      #expect(try await status(server.target, before)?.code == .unavailable)
      #expect(await status(of: old) == nil)
      await old.close()
    }
  }

  @Test("a channel's certificate is replaced for its next connection")
  func client() async throws {
    let made = try await Certificates()
    let other = try await Certificates()
    let tls = TLSServerConfiguration(
      identity: try await made.identity("server", for: "IP:127.0.0.1"),
      clientAuthoritiesFile: made.authority)
    try await TLSServer.run(tls) { server in
      let wrong = try await other.identity("client", for: "DNS:client")
      let credentials = try TLSCredentials(
        client: .init(authoritiesFile: made.authority, identity: wrong))
      let channel = try makeChannel(server.target, nil) { configuration in
        configuration.transportSecurity = credentials.security
        configuration.backoff = .milliseconds(1)
      }
      #expect(await status(of: channel)?.code == .unavailable)
      try await other.replace(wrong, by: made.identity("client", for: "DNS:client"))
      try credentials.reload()
      let reply: RawMessage = try await channel.unary(
        Methods.echo, RawMessage("hello"), options: .init(waitForReady: true))
      #expect(reply == "hello")
      await channel.close()
    }
  }

  @Test("files that cannot be used are named, and change nothing")
  func wrongFiles() async throws {
    let made = try await Certificates()
    let identity = try await made.identity("server", for: "IP:127.0.0.1")
    let other = try await made.identity("other", for: "DNS:other.test")
    try await TLSServer.run(.init(identity: identity, furtherIdentities: [other])) { server in
      func expectFailure(_ file: String, _ problem: String) {
        let error = #expect(throws: TLSFileError.self) { try server.credentials?.reload() }
        #expect(error?.file == file)
        #expect(error?.problem == problem)
      }
      let spare = made.path("spare")
      try made.replace(spare, by: identity.keyFile)
      try made.replace(identity.keyFile, by: other.keyFile)
      expectFailure(identity.keyFile, "is not the key of \(identity.certificateFile)")
      try made.write("nonsense", to: identity.keyFile)
      expectFailure(identity.keyFile, "is not a private key in PEM")
      try made.replace(identity.keyFile, by: spare)
      try server.credentials?.reload()
      try made.replace(other.keyFile, by: spare)
      expectFailure(other.keyFile, "is not the key of \(other.certificateFile)")
      try made.write("nonsense", to: identity.certificateFile)
      expectFailure(identity.certificateFile, "is not a list of certificates in PEM")
      let client = TLSClientConfiguration(authoritiesFile: made.authority)
      #expect(try await status(server.target, client) == nil)
    }
    let missing = TLSIdentity(certificateFile: made.path("none.pem"), keyFile: identity.keyFile)
    let error = #expect(throws: TLSFileError.self) {
      try TLSCredentials(server: .init(identity: missing))
    }
    #expect(error?.problem == "cannot be read: no such file or directory")
  }
}
