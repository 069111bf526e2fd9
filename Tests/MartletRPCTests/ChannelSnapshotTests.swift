import MartletHTTP2
import MartletRPC
import Testing

@Suite("Looking inside channels") struct ChannelSnapshotTests {
  private func echo(_ channel: RPCChannel) async throws {
    let _: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
  }

  /// Of a channel with one connection.
  private func only(
    _ channel: RPCChannel
  ) async throws -> (RPCSubchannelSnapshot, RPCConnectionSnapshot) {
    let snapshot = await channel.snapshot()
    let subchannel = try #require(snapshot.subchannels.first)
    #expect(snapshot.subchannels.count == 1)
    #expect(subchannel.connections.count == 1)
    return (subchannel, try #require(subchannel.connections.first))
  }

  @Test("calls count by how they end; streams by whether the server ended them")
  func counts() async throws {
    try await Fixture.run { fixture in
      let channel = fixture.channel
      for _ in 0..<3 { try await echo(channel) }
      for _ in 0..<2 {
        _ = await status {
          let _: RawMessage = try await channel.unary(Methods.fail, RawMessage())
        }
      }
      _ = await status {
        let _: RawMessage = try await channel.unary(
          Methods.hold, RawMessage(), options: .init(timeout: .milliseconds(20)))
      }
      let calls = await channel.snapshot().calls
      #expect([calls.started, calls.succeeded, calls.failed] == [6, 3, 3])
      let (subchannel, connection) = try await only(channel)
      let sent = subchannel.calls
      #expect([sent.started, sent.succeeded, sent.failed] == [6, 3, 3])
      #expect(connection.streamsStarted == 6)
      #expect(connection.streamsSucceeded == 5)
      #expect(connection.streamsFailed == 1)
      #expect(connection.messagesSent == 6)
      #expect(connection.messagesReceived == 3)
      #expect(connection.pingsSent == 0)
      #expect(connection.security == nil)
      let times = [
        connection.lastStreamAt, connection.lastMessageSentAt, connection.lastMessageReceivedAt,
      ]
      #expect(times.allSatisfy { $0.map { $0 <= .now } == true })
      #expect(connection.remoteAddress == fixture.server.addresses[0])
      let ends = await fixture.server.connectionSnapshots().map(\.remoteAddress)
      #expect(ends == [connection.localAddress])
    }
  }

  @Test("a call under way is started, and neither succeeded nor failed")
  func underWay() async throws {
    try await Fixture.run { fixture in
      async let held = status {
        let _: RawMessage = try await fixture.channel.unary(Methods.hold, RawMessage())
      }
      await fixture.service.held.wait()
      let snapshot = await fixture.channel.snapshot()
      #expect(snapshot.state == .ready)
      let counts = [snapshot.calls, try #require(snapshot.subchannels.first).calls]
      #expect(counts.map(\.started) == [1, 1])
      #expect(counts.map { $0.succeeded + $0.failed } == [0, 0])
      await fixture.channel.close()
      #expect(await held?.code == .unavailable)
    }
  }

  @Test("each message of a stream counts, both ways")
  func streams() async throws {
    try await Fixture.run { fixture in
      let replies: ResponseStream<RawMessage> = fixture.channel.bidirectional(Methods.chat) {
        for part in 0..<20 { try await $0.write(RawMessage(Array("\(part)".utf8))) }
      }
      for try await _ in replies {}
      let numbers: ResponseStream<RawMessage> = fixture.channel.serverStreaming(
        Methods.count, "100" as RawMessage)
      for try await _ in numbers {}
      let (subchannel, connection) = try await only(fixture.channel)
      #expect(subchannel.calls.succeeded == 2)
      #expect(connection.messagesSent == 21)
      #expect(connection.messagesReceived == 120)
    }
  }

  @Test("a connection tells what its windows let pass")
  func windows() async throws {
    var configuration = RPCChannelConfiguration()
    configuration.connectionWindowBytes = 300_000
    try await Fixture.run(channelConfiguration: configuration) { fixture in
      try await fixture.expectEcho("hello")
      let (_, connection) = try await only(fixture.channel)
      let server = try #require(await fixture.server.connectionSnapshots().first)
      #expect(290_000...300_000 ~= connection.receiveWindowBytes)
      #expect(server.sendWindowBytes == connection.receiveWindowBytes)
      #expect(connection.sendWindowBytes == server.receiveWindowBytes)
    }
  }

  @Test("a call that is made again counts once for the channel, and each time for the address")
  func attempts() async throws {
    try await ScriptedServer { request in
      request.number < 2 ? [.failure(14)] : [.reply("third")]
    }.run { server in
      var configuration = RPCChannelConfiguration()
      configuration.retryPolicy = ClientRetryTests.policy
      let channel = try RPCChannel(target: server.target, configuration: configuration)
      try await echo(channel)
      let snapshot = await channel.snapshot()
      #expect(
        [snapshot.calls.started, snapshot.calls.succeeded, snapshot.calls.failed] == [1, 1, 0])
      let (subchannel, connection) = try await only(channel)
      let calls = subchannel.calls
      #expect([calls.started, calls.succeeded, calls.failed] == [3, 1, 2])
      #expect(connection.streamsSucceeded == 3)
      #expect(connection.messagesSent == 3)
      await channel.close()
    }
  }

  @Test("what a lost connection has done stays in its address's counts, and the trace says it went")
  func lost() async throws {
    try await ScriptedServer { request in
      request.number == 1 ? [.hangUp] : [.reply("here")]
    }.run { server in
      let channel = try RPCChannel(target: server.target)
      try await echo(channel)
      let (first, before) = try await only(channel)
      #expect(await status { try await echo(channel) }?.code == .unavailable)
      try await echo(channel)
      let (subchannel, after) = try await only(channel)
      #expect(subchannel.id == first.id)
      #expect(after.id > before.id)
      #expect(after.streamsStarted == 1)
      let calls = subchannel.calls
      #expect([calls.started, calls.succeeded, calls.failed] == [3, 2, 1])
      let texts = subchannel.trace.events.map(\.description)
      #expect(
        texts.contains("READY → IDLE: the connection to \(server.target) was lost"), "\(texts)")
      #expect(texts.last == "CONNECTING → READY")
      await channel.close()
    }
  }

  @Test("PINGs of keepalive count")
  func pings() async throws {
    try await ScriptedServer { _ in [.stall] }.run { server in
      var configuration = RPCChannelConfiguration()
      configuration.keepaliveInterval = .milliseconds(30)
      configuration.keepaliveTimeout = .seconds(60)
      let channel = try RPCChannel(target: server.target, configuration: configuration)
      async let stalled = status { try await echo(channel) }
      var count = 0
      while count == 0 {
        count = await channel.snapshot().subchannels.first?.connections.first?.pingsSent ?? 0
        await Task.yield()
      }
      #expect(count == 1)
      await channel.close()
      #expect(await stalled?.code == .unavailable)
    }
  }

  @Test(
    "where there is no port, the ends are named as they can be",
    arguments: ["in-process:", "unix:/tmp/martlet-snapshot-test.sock"])
  func otherAddresses(address: String) async throws {
    try await Fixture.run(configuration: .init(addresses: [address])) { fixture in
      try await fixture.expectEcho("hello")
      let (subchannel, connection) = try await only(fixture.channel)
      #expect(subchannel.address == fixture.server.addresses[0])
      let isInProcess = address == "in-process:"
      #expect(connection.localAddress == (isInProcess ? "in-process" : "unix:"))
      #expect(connection.remoteAddress == (isInProcess ? "in-process" : address))
    }
  }

  @Test("a channel is listed until it is closed, or nobody has it any more")
  func listed() async throws {
    func isListed(_ id: Int) -> Bool { RPCChannel.open.contains { $0.id == id } }
    let closed = try RPCChannel(target: "127.0.0.1:1")
    #expect(isListed(closed.id))
    await closed.close()
    #expect(!isListed(closed.id))
    var dropped: RPCChannel? = try RPCChannel(target: "127.0.0.1:1")
    let id = try #require(dropped?.id)
    #expect(id > closed.id)
    #expect(isListed(id))
    dropped = nil
    #expect(dropped == nil)
    #expect(!isListed(id))
  }

  @Test("numbers are nobody else's: not a server's, a listener's, a subchannel's or a connection's")
  func numbers() async throws {
    try await NamedServers.run(2) { servers in
      var configuration = ClientPoolTests.configuration(.roundRobin)
      configuration.backoff = .seconds(1)
      let channel = try RPCChannel(
        target: "ipv4:" + servers.map(\.addresses[0]).joined(separator: ","),
        configuration: configuration)
      var seen: Set<String> = []
      while seen.count < 2 { seen.insert(try await NamedServers.ask(channel)) }
      let snapshot = await channel.snapshot()
      #expect(snapshot.subchannels.map(\.address) == servers.map(\.addresses[0]))
      var all = [channel.id] + snapshot.subchannels.map(\.id)
      all += snapshot.subchannels.flatMap(\.connections).map(\.id)
      for server in servers {
        all += [server.id] + server.listenerSnapshots.map(\.id)
        all += await server.connectionSnapshots().map(\.id)
      }
      #expect(all.count == 11)
      #expect(Set(all).count == all.count)
      await channel.close()
    }
  }
}
