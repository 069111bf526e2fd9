public import MartletRPC

/// `grpc.channelz.v1` (gRPC's A14): the servers of this process, where they listen, its clients'
/// channels with their subchannels, and what the connections of both have done.
///
/// Whoever can call it sees the addresses of all clients and of all servers that are called, and
/// the words with which connections failed: leave it out where that is not wanted.
public struct ChannelzService: GRPCChannelz.Channelz {
  /// Results of one answer, also if more are asked for.
  private static let resultsMax = 100

  public init() {}

  public func getTopChannels(
    _ request: GRPCChannelz.GetTopChannelsRequest, context: CallContext
  ) async throws -> GRPCChannelz.GetTopChannelsResponse {
    let (page, isLast) = try page(
      RPCChannel.open, from: request.startChannelId, max: request.maxResults, \.id)
    var channels: [GRPCChannelz.Channel] = []
    for channel in page { channels.append(ChannelzMessage.channel(await channel.snapshot())) }
    return .init(channel: channels, end: isLast)
  }

  public func getChannel(
    _ request: GRPCChannelz.GetChannelRequest, context: CallContext
  ) async throws -> GRPCChannelz.GetChannelResponse {
    guard let channel = RPCChannel.open.first(where: { $0.id == request.channelId }) else {
      throw notFound("channel", request.channelId)
    }
    return .init(channel: ChannelzMessage.channel(await channel.snapshot()))
  }

  public func getSubchannel(
    _ request: GRPCChannelz.GetSubchannelRequest, context: CallContext
  ) async throws -> GRPCChannelz.GetSubchannelResponse {
    for channel in RPCChannel.open {
      let subchannels = await channel.snapshot().subchannels
      if let subchannel = subchannels.first(where: { $0.id == request.subchannelId }) {
        return .init(subchannel: ChannelzMessage.subchannel(subchannel))
      }
    }
    throw notFound("subchannel", request.subchannelId)
  }

  public func getServers(
    _ request: GRPCChannelz.GetServersRequest, context: CallContext
  ) async throws -> GRPCChannelz.GetServersResponse {
    let (page, isLast) = try page(
      RPCServer.running, from: request.startServerId, max: request.maxResults, \.id)
    var servers: [GRPCChannelz.Server] = []
    for server in page { servers.append(await ChannelzMessage.server(server)) }
    return .init(server: servers, end: isLast)
  }

  public func getServer(
    _ request: GRPCChannelz.GetServerRequest, context: CallContext
  ) async throws -> GRPCChannelz.GetServerResponse {
    .init(server: await ChannelzMessage.server(try server(request.serverId)))
  }

  public func getServerSockets(
    _ request: GRPCChannelz.GetServerSocketsRequest, context: CallContext
  ) async throws -> GRPCChannelz.GetServerSocketsResponse {
    let connections = try await server(request.serverId).connectionSnapshots()
    let (page, isLast) = try page(
      connections, from: request.startSocketId, max: request.maxResults, \.id)
    return .init(
      socketRef: page.map(ChannelzMessage.reference), end: isLast)
  }

  public func getSocket(
    _ request: GRPCChannelz.GetSocketRequest, context: CallContext
  ) async throws -> GRPCChannelz.GetSocketResponse {
    for server in RPCServer.running {
      if let listener = server.listenerSnapshots.first(where: { $0.id == request.socketId }) {
        return .init(socket: ChannelzMessage.listener(listener))
      }
      let connections = await server.connectionSnapshots()
      if let connection = connections.first(where: { $0.id == request.socketId }) {
        return .init(socket: ChannelzMessage.connection(connection, isClient: false))
      }
    }
    for channel in RPCChannel.open {
      let connections = await channel.snapshot().subchannels.flatMap(\.connections)
      if let connection = connections.first(where: { $0.id == request.socketId }) {
        return .init(socket: ChannelzMessage.connection(connection, isClient: true))
      }
    }
    throw notFound("socket", request.socketId)
  }

  // MARK: What they share

  private func server(_ id: Int64) throws -> RPCServer {
    guard let server = RPCServer.running.first(where: { $0.id == id }) else {
      throw notFound("server", id)
    }
    return server
  }

  private func notFound(_ what: String, _ id: Int64) -> RPCStatus {
    RPCStatus(code: .notFound, message: "there is no \(what) \(id)")
  }

  private func page<Element>(
    _ all: [Element], from start: Int64, max: Int64, _ id: (Element) -> Int
  ) throws -> (page: [Element], isLast: Bool) {
    guard start >= 0, max >= 0 else {
      throw RPCStatus(code: .invalidArgument, message: "a start or a maximum is negative")
    }
    let rest = all.filter { id($0) >= start }
    let count = max == 0 ? Self.resultsMax : Int(min(max, Int64(Self.resultsMax)))
    return (Array(rest.prefix(count)), rest.count <= count)
  }
}
