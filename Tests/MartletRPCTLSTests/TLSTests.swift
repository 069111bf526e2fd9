import MartletProtobuf
import MartletRPC
import MartletRPCTLS
import Testing

@Suite("TLS", .timeLimit(.minutes(2))) struct TLSTests {
  @Test("all kinds of calls pass, large messages and a thousand at once included")
  func calls() async throws {
    let made = try await Certificates()
    let identity = try await made.identity("server", for: "IP:127.0.0.1")
    try await TLSServer.run(.init(identity: identity)) { server in
      let channel = try makeChannel(server.target, .init(authoritiesFile: made.authority))
      let large = RawMessage((0..<4_000_000).map { UInt8(truncatingIfNeeded: $0) })
      let reply: RawMessage = try await channel.unary(Methods.echo, large)
      #expect(reply == large)

      let replies: ResponseStream<RawMessage> = channel.bidirectional(Methods.chat) { writer in
        for number in 0..<100 { try await writer.write(RawMessage(Array("\(number)".utf8))) }
      }
      var texts: [String] = []
      for try await reply in replies { texts.append(reply.text) }
      #expect(texts == (0..<100).map(String.init))

      let failures = await withTaskGroup(of: RPCStatus?.self) { group in
        for _ in 0..<1_000 { group.addTask { await status(of: channel) } }
        return await group.reduce(into: [RPCStatus]()) { all, status in
          if let status { all.append(status) }
        }
      }
      #expect(failures == [])
      await channel.close()
    }
  }

  @Test("a server is called by a name, or an address, that its certificate has")
  func names() async throws {
    let made = try await Certificates()
    let identity = try await made.identity(
      "server", for: "DNS:localhost,DNS:tasks.test,IP:127.0.0.1")
    try await TLSServer.run(.init(identity: identity)) { server in
      var client = TLSClientConfiguration(authoritiesFile: made.authority)
      #expect(try await status("dns:localhost:\(server.port)", client) == nil)
      #expect(try await status(server.target, client) == nil)
      client.serverName = "tasks.test"
      #expect(try await status(server.target, client) == nil)
      client.serverName = "other.test"
      let refused = try await status(server.target, client)
      #expect(refused?.code == .unavailable)
      let names = "localhost, tasks.test, 127.0.0.1"
      #expect(
        refused?.message.contains(
          "the server's certificate is for \(names), not for other.test") == true)
    }
  }

  @Test("a certificate that has expired, or of an unknown authority, is UNAVAILABLE and says so")
  func disbelief() async throws {
    let made = try await Certificates()
    let other = try await Certificates()
    let old = try await made.identity("old", for: "IP:127.0.0.1", days: -1)
    try await TLSServer.run(.init(identity: old)) { server in
      let refused = try await status(server.target, .init(authoritiesFile: made.authority))
      #expect(refused?.code == .unavailable)
      #expect(refused?.message.hasSuffix("the server's certificate has expired") == true)
    }
    let identity = try await made.identity("server", for: "IP:127.0.0.1")
    try await TLSServer.run(.init(identity: identity)) { server in
      for client in [TLSClientConfiguration(authoritiesFile: other.authority), .init()] {
        let refused = try await status(server.target, client)
        #expect(refused?.code == .unavailable)
        #expect(
          refused?.message.hasSuffix(
            "the server's certificate does not lead to a trusted authority") == true)
      }
    }
  }

  @Test("where clients need a certificate, only those with one of the right authority are served")
  func clientCertificates() async throws {
    let made = try await Certificates()
    let other = try await Certificates()
    let identity = try await made.identity("server", for: "IP:127.0.0.1")
    let tls = TLSServerConfiguration(identity: identity, clientAuthoritiesFile: made.authority)
    try await TLSServer.run(tls) { server in
      var client = TLSClientConfiguration(authoritiesFile: made.authority)
      let without = try await status(server.target, client)
      #expect(without?.code == .unavailable)
      #expect(without?.message.hasSuffix("the server wants a certificate") == true)
      client.identity = try await other.identity("client", for: "DNS:client")
      let wrong = try await status(server.target, client)
      #expect(wrong?.code == .unavailable)
      #expect(
        wrong?.message.hasSuffix(
          "the server does not believe the certificate that it was shown") == true)
      client.identity = try await made.identity("late", for: "DNS:client", days: -1)
      let late = try await status(server.target, client)
      #expect(late?.code == .unavailable)
      #expect(late?.message.hasSuffix("it was shown has expired") == true)
      client.identity = try await made.identity("client", for: "DNS:client")
      #expect(try await status(server.target, client) == nil)
    }
  }

  @Test("where it is optional, clients without one are served, and those with a wrong one are not")
  func optionalCertificates() async throws {
    let made = try await Certificates()
    let other = try await Certificates()
    let tls = TLSServerConfiguration(
      identity: try await made.identity("server", for: "IP:127.0.0.1"),
      clientAuthoritiesFile: made.authority, isClientCertificateOptional: true)
    try await TLSServer.run(tls) { server in
      var client = TLSClientConfiguration(authoritiesFile: made.authority)
      #expect(try await status(server.target, client) == nil)
      client.identity = try await other.identity("client", for: "DNS:client")
      #expect(try await status(server.target, client)?.code == .unavailable)
      client.identity = try await made.identity("client", for: "DNS:worker.test")
      let channel = try makeChannel(server.target, client)
      let reply: RawMessage = try await channel.unary(Methods.whoAmI, RawMessage())
      #expect(reply.text == #"dns("worker.test")"#)
      await channel.close()
    }
  }

  @Test("whoever looks inside sees the version, and the certificate that the other side has shown")
  func inspection() async throws {
    let made = try await Certificates()
    let tls = TLSServerConfiguration(
      identity: try await made.identity("server", for: "IP:127.0.0.1"),
      clientAuthoritiesFile: made.authority)
    try await TLSServer.run(tls) { server in
      let channel = try makeChannel(
        server.target,
        .init(
          authoritiesFile: made.authority,
          identity: try await made.identity("client", for: "DNS:worker.test")))
      #expect(await status(of: channel) == nil)
      let subchannel = try #require(await channel.snapshot().subchannels.first)
      let own = try #require(subchannel.connections.first?.security)
      let others = try #require(await server.server.connectionSnapshots().first?.security)
      #expect([own.version, others.version] == ["TLS 1.3", "TLS 1.3"])
      #expect(own.remoteCertificate.first == 0x30)
      #expect(others.remoteCertificate.first == 0x30)
      #expect(own.remoteCertificate != others.remoteCertificate)
      await channel.close()
    }
  }

  @Test("a handler sees whom the client's certificate names")
  func peerCertificate() async throws {
    let made = try await Certificates()
    let identity = try await made.identity("server", for: "IP:127.0.0.1")
    var client = TLSClientConfiguration(authoritiesFile: made.authority)
    client.identity = try await made.identity(
      "client", for: "DNS:worker.test,URI:spiffe://test/worker,IP:::1,email:a@b.test")
    for (authorities, answer) in [
      (
        made.authority,
        #"dns("worker.test") uri("spiffe://test/worker") ip("::1") email("a@b.test")"#
      ),
      (nil, "nobody"),
    ] {
      let tls = TLSServerConfiguration(identity: identity, clientAuthoritiesFile: authorities)
      try await TLSServer.run(tls) { server in
        let channel = try makeChannel(server.target, client)
        let reply: RawMessage = try await channel.unary(Methods.whoAmI, RawMessage())
        #expect(reply.text == answer)
        await channel.close()
      }
    }
  }

  @Test("a server shows the certificate of the name that the client asks for")
  func serverNames() async throws {
    let made = try await Certificates()
    let tls = TLSServerConfiguration(
      identity: try await made.identity("first", for: "DNS:first.test,IP:127.0.0.1"),
      furtherIdentities: [
        try await made.identity("second", for: "DNS:second.test"),
        try await made.identity("any", for: "DNS:*.any.test"),
      ])
    try await TLSServer.run(tls) { server in
      var client = TLSClientConfiguration(authoritiesFile: made.authority)
      #expect(try await status(server.target, client) == nil)
      for name in ["first.test", "second.test", "SECOND.test", "one.any.test"] {
        client.serverName = name
        #expect(try await status(server.target, client) == nil)
      }
      client.serverName = "third.test"
      let unknown = try await status(server.target, client)
      #expect(unknown?.message.contains("is for first.test, 127.0.0.1") == true)
    }
  }
}
