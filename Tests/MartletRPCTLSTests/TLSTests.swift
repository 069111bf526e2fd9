import Foundation
import MartletProtobuf
import MartletRPC
import MartletRPCTLS
import Testing

/// A message without content.
private struct Nothing: ProtobufMessage {
  static let protobufName = "test.Nothing"
  init() {}
  init(protobufBytes bytes: UnsafeRawBufferPointer) throws(ProtobufDecodingError) {}
  func encodeProtobuf(into reserve: (_ byteCount: Int) -> UnsafeMutableRawBufferPointer) {
    _ = reserve(0)
  }
}

@Suite("TLS") struct TLSTests {
  private static let method = MethodDescriptor(
    service: "test.Service", method: "Answer", kind: .unary)

  private func withServer(
    _ server: TLSCredentials, _ body: (_ port: Int) async throws -> Void
  ) async throws {
    var router = ServerRouter()
    router.unary(Self.method) { (request: Nothing, _) in request }
    var configuration = RPCServerConfiguration()
    configuration.transportSecurity = server.security
    let server = try await RPCServer.start(router: router, configuration: configuration)
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(server.port))
    } catch {
      result = .failure(error)
    }
    await server.shutdownGracefully(grace: .zero)
    try result.get()
  }

  private func channel(_ target: String, _ client: TLSClientConfiguration?) throws -> RPCChannel {
    var configuration = RPCChannelConfiguration()
    if let client {
      configuration.transportSecurity = try TLSCredentials(client: client).security
    }
    return try RPCChannel(target: target, configuration: configuration)
  }

  /// The status of a call on a new channel; nil: OK.
  private func call(_ target: String, _ client: TLSClientConfiguration?) async throws -> RPCStatus?
  {
    let channel = try channel(target, client)
    let status = await call(channel)
    await channel.close()
    return status
  }

  private func call(_ channel: RPCChannel) async -> RPCStatus? {
    do {
      let _: Nothing = try await channel.unary(
        Self.method, Nothing(), options: CallOptions(timeout: .seconds(30)))
      return nil
    } catch {
      return error as? RPCStatus ?? RPCStatus(code: .unknown, message: "\(error)")
    }
  }

  @Test("a server is called by a name, or an address, that its certificate has")
  func names() async throws {
    let made = try Certificates()
    let identity = try made.identity("server", for: "DNS:localhost,DNS:tasks.test,IP:127.0.0.1")
    let server = try TLSCredentials(server: .init(identity: identity))
    try await withServer(server) { port in
      let client = TLSClientConfiguration(authoritiesFile: made.authority)
      #expect(try await call("dns:localhost:\(port)", client) == nil)
      #expect(try await call("127.0.0.1:\(port)", client) == nil)
      var named = client
      named.serverName = "tasks.test"
      #expect(try await call("127.0.0.1:\(port)", named) == nil)
      named.serverName = "other.test"
      #expect(try await call("127.0.0.1:\(port)", named)?.code == .unavailable)
    }
  }

  @Test("a certificate of an unknown authority is UNAVAILABLE, and so is a client without TLS")
  func strangers() async throws {
    let made = try Certificates()
    let other = try Certificates()
    let identity = try made.identity("server", for: "IP:127.0.0.1")
    let server = try TLSCredentials(server: .init(identity: identity))
    try await withServer(server) { port in
      let stranger = TLSClientConfiguration(authoritiesFile: other.authority)
      #expect(try await call("127.0.0.1:\(port)", stranger)?.code == .unavailable)
      #expect(try await call("127.0.0.1:\(port)", nil)?.code == .unavailable)
    }
  }

  @Test("where clients need a certificate, only those with one of the right authority are served")
  func clientCertificates() async throws {
    let made = try Certificates()
    let other = try Certificates()
    let identity = try made.identity("server", for: "IP:127.0.0.1")
    let server = try TLSCredentials(
      server: .init(identity: identity, clientAuthoritiesFile: made.authority))
    try await withServer(server) { port in
      var client = TLSClientConfiguration(authoritiesFile: made.authority)
      #expect(try await call("127.0.0.1:\(port)", client)?.code == .unavailable)
      client.identity = try other.identity("client", for: "DNS:client")
      #expect(try await call("127.0.0.1:\(port)", client)?.code == .unavailable)
      client.identity = try made.identity("client", for: "DNS:client")
      #expect(try await call("127.0.0.1:\(port)", client) == nil)
    }
  }

  @Test("certificates are replaced without a restart: old connections stay, new ones see them")
  func reload() async throws {
    let made = try Certificates()
    let later = try Certificates()
    let identity = try made.identity("server", for: "IP:127.0.0.1")
    let server = try TLSCredentials(server: .init(identity: identity))
    try await withServer(server) { port in
      let target = "127.0.0.1:\(port)"
      let old = try channel(target, TLSClientConfiguration(authoritiesFile: made.authority))
      #expect(await call(old) == nil)
      try made.replace(identity, by: later.identity("server", for: "IP:127.0.0.1"))
      try server.reload()
      #expect(
        try await call(target, TLSClientConfiguration(authoritiesFile: later.authority)) == nil)
      #expect(
        try await call(target, TLSClientConfiguration(authoritiesFile: made.authority))?.code
          == .unavailable)
      #expect(await call(old) == nil)
      // What cannot be read changes nothing.
      try Data("nonsense".utf8).write(to: URL(filePath: identity.certificateFile))
      #expect(throws: (any Error).self) { try server.reload() }
      #expect(
        try await call(target, TLSClientConfiguration(authoritiesFile: later.authority)) == nil)
      await old.close()
    }
  }

  @Test("calls by the thousand pass, also while the channel shares one connection")
  func load() async throws {
    let made = try Certificates()
    let identity = try made.identity("server", for: "IP:127.0.0.1")
    try await withServer(TLSCredentials(server: .init(identity: identity))) { port in
      let channel = try channel(
        "127.0.0.1:\(port)", TLSClientConfiguration(authoritiesFile: made.authority))
      let failures = await withTaskGroup(of: RPCStatus?.self) { group in
        for _ in 0..<1_000 { group.addTask { await call(channel) } }
        return await group.reduce(into: [RPCStatus]()) { all, status in
          if let status { all.append(status) }
        }
      }
      #expect(failures == [])
      await channel.close()
    }
  }
}
