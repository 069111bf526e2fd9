import MartletRPC
import MartletRPCServices
import Testing

@Suite("grpc.channelz.v1") struct ChannelzTests {
  /// A server of health and channelz, its own number and a client of it.
  private func run(
    _ body: (GRPCChannelz.ChannelzClient, RPCServer, RPCChannel) async throws -> Void
  ) async throws {
    var router = ServerRouter()
    router.add(HealthService(board: HealthBoard()))
    router.add(ChannelzService())
    try await withServer(router) { channel, server in
      try await body(.init(channel: channel), server, channel)
    }
  }

  /// The numbers of all servers from one on, page by page.
  private func listed(
    _ channelz: GRPCChannelz.ChannelzClient, from start: Int64
  ) async throws -> [Int64] {
    var found: [Int64] = []
    var next = start
    while true {
      let page = try await channelz.getServers(.init(startServerId: next))
      found += page.server.compactMap { $0.ref?.serverId }
      guard !page.end, let last = found.last else { return found }
      next = last + 1
    }
  }

  @Test("counts what a connection has done")
  func socket() async throws {
    try await run { channelz, server, channel async throws in
      let health = GRPCHealth.HealthClient(channel: channel)
      for _ in 0..<3 { _ = try await health.check(.init()) }
      #expect(
        await code { _ = try await health.check(.init(service: "no.Such")) } == .notFound)
      let id = Int64(server.id)
      let sockets = try await channelz.getServerSockets(.init(serverId: id))
      #expect(sockets.end)
      #expect(sockets.socketRef.count == 1)
      let reference = try #require(sockets.socketRef.first)
      let reply = try await channelz.getSocket(.init(socketId: reference.socketId))
      let socket = try #require(reply.socket)
      let data = try #require(socket.data)
      // Four calls of health, GetServerSockets, and the one that asks.
      #expect(data.streamsStarted == 6)
      #expect(data.streamsSucceeded == 4)
      #expect(data.streamsFailed == 1)
      #expect(data.messagesReceived == 6)
      #expect(data.messagesSent == 4)
      #expect(data.lastRemoteStreamCreatedTimestamp != nil)
      #expect(data.lastLocalStreamCreatedTimestamp == nil)
      #expect(data.localFlowControlWindow.map { $0.value > 0 } == true)
      #expect(data.lastMessageReceivedTimestamp != nil)
      #expect(data.lastMessageSentTimestamp != nil)
      #expect(
        socket.local?.address
          == .tcpipAddress(.init(ipAddress: [127, 0, 0, 1], port: Int32(server.port))))
      guard case .tcpipAddress(let remote) = socket.remote?.address else {
        Issue.record("the other end is \(String(describing: socket.remote))")
        return
      }
      #expect(reference.name == "127.0.0.1:\(remote.port)")
    }
  }

  @Test("counts the messages of streams one by one")
  func streams() async throws {
    try await run { _, server, channel async throws in
      let watch = GRPCHealth.HealthClient(channel: channel).watch(.init())
      var states = watch.makeAsyncIterator()
      _ = try await states.next()
      let open = try #require(await server.connectionSnapshots().first)
      #expect(open.streamsStarted == 1)
      #expect(open.messagesReceived == 1)
      #expect(open.messagesSent == 1)
      #expect(open.streamsSucceeded + open.streamsFailed == 0)
      #expect(open.lastStreamAt != nil)
    }
  }

  @Test("shows a server, its calls and where it listens")
  func server() async throws {
    try await run { channelz, server, _ async throws in
      let reply = try await channelz.getServer(.init(serverId: Int64(server.id)))
      let shown = try #require(reply.server)
      #expect(shown.ref?.name == server.addresses[0])
      #expect(shown.data?.callsStarted == 1)
      let listener = try #require(shown.listenSocket.first)
      #expect(listener.name == server.addresses[0])
      let socket = try await channelz.getSocket(.init(socketId: listener.socketId)).socket
      #expect(
        socket?.local?.address
          == .tcpipAddress(.init(ipAddress: [127, 0, 0, 1], port: Int32(server.port))))
    }
  }

  @Test("lists servers in pages until they have been stopped")
  func servers() async throws {
    var stopped: Int64 = 0
    try await run { channelz, first, _ in
      try await run { _, second, _ in
        stopped = Int64(second.id)
        let start = Int64(first.id)
        let page = try await channelz.getServers(.init(startServerId: start, maxResults: 1))
        #expect(page.server.map { $0.ref?.serverId } == [start])
        #expect(!page.end)
        // Other tests of the process have servers, too.
        #expect(try await listed(channelz, from: start).contains(stopped))
      }
      #expect(try await !listed(channelz, from: stopped).contains(stopped))
    }
  }

  @Test("NOT_FOUND for what is not there, INVALID_ARGUMENT for negative numbers")
  func refusals() async throws {
    try await run { channelz, _, _ async throws in
      #expect(await code { _ = try await channelz.getServer(.init(serverId: -1)) } == .notFound)
      #expect(await code { _ = try await channelz.getSocket(.init(socketId: 0)) } == .notFound)
      #expect(
        await code { _ = try await channelz.getServers(.init(maxResults: -1)) } == .invalidArgument)
    }
  }
}
