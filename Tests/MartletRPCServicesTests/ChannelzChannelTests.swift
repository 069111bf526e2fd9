import MartletRPC
import MartletRPCServices
import Testing

@Suite("grpc.channelz.v1 of channels") struct ChannelzChannelTests {
  private typealias Channelz = GRPCChannelz.ChannelzClient

  /// A server of health and channelz, and a channel to it.
  private func run(
    _ body: (Channelz, RPCServer, RPCChannel) async throws -> Void
  ) async throws {
    var router = ServerRouter()
    router.add(HealthService(board: HealthBoard()))
    router.add(ChannelzService())
    try await withServer(router) { channel, server in
      try await body(Channelz(channel: channel), server, channel)
    }
  }

  private func shown(
    _ channelz: Channelz, _ id: Int
  ) async throws -> GRPCChannelz.Channel {
    try #require(try await channelz.getChannel(.init(channelId: Int64(id))).channel)
  }

  private func check(_ channel: RPCChannel, of service: String = "") async throws {
    _ = try await GRPCHealth.HealthClient(channel: channel).check(.init(service: service))
  }

  @Test("a channel appears with its target, state, calls and trace")
  func channel() async throws {
    try await run { channelz, server, _ async throws in
      let channel = try RPCChannel(target: server.addresses[0])
      let fresh = try await shown(channelz, channel.id)
      #expect(fresh.ref == .init(channelId: Int64(channel.id), name: server.addresses[0]))
      #expect(fresh.data?.state?.state == .idle)
      #expect(fresh.data?.lastCallStartedTimestamp == nil)

      for _ in 0..<3 { try await check(channel) }
      #expect(await code { try await check(channel, of: "no.Such") } == .notFound)
      let data = try #require(try await shown(channelz, channel.id).data)
      #expect(data.target == server.addresses[0])
      #expect(data.state?.state == .ready)
      #expect([data.callsStarted, data.callsSucceeded, data.callsFailed] == [4, 3, 1])
      let trace = try #require(data.trace)
      let created = try #require(trace.creationTimestamp)
      let last = try #require(data.lastCallStartedTimestamp)
      #expect(created.seconds > 1_700_000_000)
      #expect((created.seconds, created.nanos) < (last.seconds, last.nanos))
      #expect(trace.numEventsLogged == 4)
      #expect(
        trace.events.map(\.description) == [
          "created for \(server.addresses[0])", "subchannel for \(server.addresses[0]) created",
          "IDLE → CONNECTING", "CONNECTING → READY",
        ])
      #expect(trace.events.allSatisfy { $0.severity == .ctInfo && $0.timestamp != nil })
      await channel.close()
    }
  }

  @Test("its subchannel has a socket, with both ends, counts and windows")
  func sockets() async throws {
    try await run { channelz, server, _ async throws in
      let channel = try RPCChannel(target: server.addresses[0])
      for _ in 0..<3 { try await check(channel) }
      let top = try await shown(channelz, channel.id)
      #expect(top.socketRef.isEmpty)
      let reference = try #require(top.subchannelRef.first)
      #expect(top.subchannelRef.count == 1)
      #expect(top.data?.trace?.events[1].childRef == .subchannelRef(reference))
      let subchannel = try #require(
        try await channelz.getSubchannel(.init(subchannelId: reference.subchannelId)).subchannel)
      #expect(subchannel.ref == reference)
      #expect(subchannel.data?.state?.state == .ready)
      #expect(subchannel.data?.callsSucceeded == 3)
      #expect(subchannel.data?.trace?.events.last?.description == "CONNECTING → READY")
      let socketReference = try #require(subchannel.socketRef.first)
      #expect(socketReference.name == server.addresses[0])
      let socket = try #require(
        try await channelz.getSocket(.init(socketId: socketReference.socketId)).socket)
      let data = try #require(socket.data)
      #expect(data.streamsStarted == 3)
      #expect(data.streamsSucceeded == 3)
      #expect(data.messagesSent == 3)
      #expect(data.messagesReceived == 3)
      #expect(data.lastLocalStreamCreatedTimestamp != nil)
      #expect(data.lastRemoteStreamCreatedTimestamp == nil)
      #expect(data.localFlowControlWindow.map { $0.value > 65_535 } == true)
      #expect(data.remoteFlowControlWindow.map { $0.value > 65_535 } == true)
      #expect(
        socket.remote?.address
          == .tcpipAddress(.init(ipAddress: [127, 0, 0, 1], port: Int32(server.port))))
      #expect(socket.security == nil)
      await channel.close()
      #expect(
        await code {
          _ = try await channelz.getSocket(.init(socketId: socketReference.socketId))
        } == .notFound)
    }
  }

  @Test("a port where nobody listens is TRANSIENT_FAILURE, with a warning that says why")
  func deadPort() async throws {
    let gone = try await RPCServer.start(router: ServerRouter())
    await gone.shutdownGracefully(grace: .zero)
    try await run { channelz, _, _ async throws in
      var configuration = RPCChannelConfiguration()
      configuration.backoff = .seconds(3_600)
      configuration.backoffMax = .seconds(3_600)
      let channel = try RPCChannel(target: gone.addresses[0], configuration: configuration)
      #expect(await code { try await check(channel) } == .unavailable)
      let top = try await shown(channelz, channel.id)
      #expect(top.data?.state?.state == .transientFailure)
      #expect(top.data?.callsStarted == 1)
      #expect(top.data?.callsFailed == 1)
      #expect(top.data?.lastCallStartedTimestamp != nil)
      let reference = try #require(top.subchannelRef.first)
      let subchannel = try #require(
        try await channelz.getSubchannel(.init(subchannelId: reference.subchannelId)).subchannel)
      #expect(subchannel.data?.state?.state == .transientFailure)
      #expect(subchannel.data?.callsStarted == 0)
      #expect(subchannel.socketRef.isEmpty)
      for trace in [top.data?.trace, subchannel.data?.trace] {
        let event = try #require(trace?.events.last)
        #expect(event.severity == .ctWarning)
        #expect(
          event.description.hasPrefix(
            "CONNECTING → TRANSIENT_FAILURE: cannot connect to \(gone.addresses[0])"))
      }
      await channel.close()
    }
  }

  @Test("channels are listed in pages by rising number until they have been closed")
  func pages() async throws {
    try await run { channelz, server, _ async throws in
      // Other tests of the process have channels, too, and may make some in between.
      let channels = try (0..<3).map { _ in try RPCChannel(target: server.addresses[0]) }
      let first = Int64(channels[0].id)
      let page = try await channelz.getTopChannels(.init(startChannelId: first, maxResults: 1))
      #expect(page.channel.map { $0.ref?.channelId } == [first])
      #expect(!page.end)
      var found: [Int64] = []
      var isEnd = false
      while !isEnd {
        let start = found.last.map { $0 + 1 } ?? first
        let page = try await channelz.getTopChannels(.init(startChannelId: start, maxResults: 2))
        #expect(page.channel.count <= 2)
        found += page.channel.compactMap { $0.ref?.channelId }
        isEnd = page.end
      }
      #expect(found == found.sorted())
      #expect(Set(found).isSuperset(of: channels.map { Int64($0.id) }))

      for channel in channels { await channel.close() }
      let rest = try await channelz.getTopChannels(.init(startChannelId: first))
      let left = Set(rest.channel.compactMap { $0.ref?.channelId })
      #expect(left.isDisjoint(with: channels.map { Int64($0.id) }))
      #expect(await code { _ = try await shown(channelz, channels[1].id) } == .notFound)
    }
  }

  @Test(
    "at most 100 channels come at once, whatever is asked for", arguments: [0, 1_000, Int64.max])
  func manyAtOnce(maximum: Int64) async throws {
    try await run { channelz, server, _ async throws in
      let channels = try (0..<150).map { _ in try RPCChannel(target: server.addresses[0]) }
      let page = try await channelz.getTopChannels(
        .init(startChannelId: Int64(channels[0].id), maxResults: maximum))
      #expect(page.channel.count == 100)
      #expect(!page.end)
      for channel in channels { await channel.close() }
    }
  }

  @Test("strange numbers are NOT_FOUND, INVALID_ARGUMENT or the end, as for servers")
  func refusals() async throws {
    try await run { channelz, server, channel async throws in
      // A number of something else is not found either.
      for id in [.min, -1, 0, Int64(server.id), Int64(Int32.max), .max] {
        #expect(await code { _ = try await channelz.getChannel(.init(channelId: id)) } == .notFound)
        #expect(
          await code { _ = try await channelz.getSubchannel(.init(subchannelId: id)) } == .notFound)
        #expect(await code { _ = try await channelz.getSocket(.init(socketId: id)) } == .notFound)
      }
      let id = Int64(channel.id)
      #expect(await code { _ = try await channelz.getServer(.init(serverId: id)) } == .notFound)
      #expect(await code { _ = try await channelz.getSocket(.init(socketId: id)) } == .notFound)
      for request in [
        GRPCChannelz.GetTopChannelsRequest(startChannelId: -1), .init(startChannelId: .min),
        .init(maxResults: -1), .init(maxResults: .min),
      ] {
        #expect(await code { _ = try await channelz.getTopChannels(request) } == .invalidArgument)
      }
      let beyond = try await channelz.getTopChannels(.init(startChannelId: .max))
      #expect(beyond.channel.isEmpty)
      #expect(beyond.end)
    }
  }
}
