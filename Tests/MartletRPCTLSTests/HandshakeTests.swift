import MartletRPC
import MartletRPCTLS
import Testing

@Suite("The TLS handshake", .timeLimit(.minutes(2))) struct HandshakeTests {
  private func withServer(
    limits: ServerLimits = .init(), _ body: (TLSServer, Certificates) async throws -> Void
  ) async throws {
    let made = try await Certificates()
    let identity = try await made.identity("server", for: "IP:127.0.0.1")
    try await TLSServer.run(.init(identity: identity), limits: limits) { server in
      try await body(server, made)
    }
  }

  @Test("TLS 1.2 and 1.3 are spoken, with h2 and ciphers that HTTP/2 allows")
  func versions() async throws {
    try await withServer { server, made in
      for (flag, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let outcome = try await OpenSSL.connect(
          port: server.port,
          [flag, "-alpn", "h2", "-CAfile", made.authority, "-verify_return_error"])
        #expect(outcome.hasSucceeded)
        #expect(outcome.output.contains("New, \(name), Cipher is"))
        #expect(outcome.output.contains("ALPN protocol: h2"))
        #expect(outcome.output.contains("Verification: OK"))
      }
    }
  }

  @Test("TLS 1.1 and ciphers that HTTP/2 forbids are refused")
  func oldWays() async throws {
    try await withServer { server, _ in
      let old = try await OpenSSL.connect(
        port: server.port, ["-tls1_1", "-alpn", "h2", "-cipher", "ALL:@SECLEVEL=0"])
      #expect(!old.hasSucceeded)
      #expect(old.errors.contains("alert protocol version"))
      let weak = try await OpenSSL.connect(
        port: server.port,
        ["-tls1_2", "-alpn", "h2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"])
      #expect(!weak.hasSucceeded)
      #expect(weak.errors.contains("alert handshake failure"))
    }
  }

  @Test(
    "a client that does not offer h2 gets not a byte of HTTP/2",
    arguments: [["-alpn", "http/1.1"], ["-noservername"]])
  func protocolNegotiation(arguments: [String]) async throws {
    try await withServer { server, _ in
      let outcome = try await OpenSSL.connect(
        port: server.port, ["-quiet"] + arguments, waits: true)
      #expect(outcome.output == "")
      #expect(server.server.statistics.startedCalls == 0)
    }
  }

  @Test("a server without h2 is UNAVAILABLE, and the message says so")
  func clientDemandsHTTP2() async throws {
    let made = try await Certificates()
    let identity = try await made.identity("server", for: "IP:127.0.0.1")
    for protocols in [[], ["-alpn", "http/1.1"]] {
      let files = ["-cert", identity.certificateFile, "-key", identity.keyFile]
      let (server, port) = try await OpenSSL.serve(files + protocols)
      let failure = try await status(
        "127.0.0.1:\(port)", .init(authoritiesFile: made.authority))
      #expect(failure?.code == .unavailable)
      #expect(failure?.message.hasSuffix("the server has no HTTP/2") == true)
      server.stop()
    }
  }

  @Test("whoever does not finish the handshake, and say something after it, is hung up on")
  func late() async throws {
    var limits = ServerLimits()
    limits.handshakeTimeout = .seconds(1)
    try await withServer(limits: limits) { server, _ in
      let silent = try RawPeer(port: server.port)
      #expect(await silent.readToEnd() == [])
      let half = try RawPeer(port: server.port)
      // The beginning of a record of 512 bytes with a ClientHello.
      half.send([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])
      #expect(await half.readToEnd() == [])
      // Has the handshake behind it and then waits.
      _ = try await OpenSSL.connect(port: server.port, ["-alpn", "h2", "-quiet"], waits: true)
      #expect(server.server.statistics.startedCalls == 0)
    }
  }

  @Test("who is in the handshake does not hold up the end of a server")
  func shutdown() async throws {
    // So long that a server that waited for it would be noticed, however busy the machine is.
    var limits = ServerLimits()
    limits.handshakeTimeout = .seconds(3_600)
    let time = try await ContinuousClock().measure {
      var silent: RawPeer?
      try await withServer(limits: limits) { server, made in
        silent = try RawPeer(port: server.port)
        // Accepted after the silent one.
        let client = TLSClientConfiguration(authoritiesFile: made.authority)
        #expect(try await status(server.target, client) == nil)
      }
      #expect(await silent?.readToEnd() == [])
    }
    #expect(time < limits.handshakeTimeout)
  }

  @Test("a server that does not answer is UNAVAILABLE in time, and the channel can be closed")
  func silentServer() async throws {
    let silent = try SilentServer()
    let channel = try makeChannel("127.0.0.1:\(silent.port)", .init()) {
      $0.connectTimeout = .seconds(2)
    }
    let failure = await status(of: channel)
    #expect(failure?.code == .unavailable)
    #expect(failure?.message.hasSuffix("did not finish the TLS handshake in time") == true)
    await channel.close()

    let patient = try makeChannel("127.0.0.1:\(silent.port)", .init())
    let call = Task { await status(of: patient) }
    await patient.close()
    #expect(await call.value?.code != nil)
  }

  @Test("plain text and TLS do not understand each other, and each says so")
  func mixed() async throws {
    try await withServer { server, made in
      let plain = try await status(server.target, nil)
      #expect(plain?.code == .unavailable)
      #expect(plain?.message.hasSuffix("speaks TLS") == true)
      let preface = try RawPeer(port: server.port)
      preface.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
      // A fatal alert, and the end.
      #expect(await preface.readToEnd().first == 21)
      #expect(try await status(server.target, .init(authoritiesFile: made.authority)) == nil)
    }
    try await TLSServer.run(nil) { server in
      let secure = try await status(server.target, .init())
      #expect(secure?.code == .unavailable)
      #expect(secure?.message.hasSuffix("the server does not speak TLS") == true)
      #expect(try await status(server.target, nil) == nil)
    }
  }
}
