import MartletRPC

/// Runs `body` with a channel to a server of this router, and stops both afterwards.
func withServer(
  _ router: ServerRouter, _ body: (RPCChannel, RPCServer) async throws -> Void
) async throws {
  let server = try await RPCServer.start(router: router)
  let channel = try RPCChannel(target: server.addresses[0])
  do {
    try await body(channel, server)
  } catch {
    await channel.close()
    await server.shutdownGracefully(grace: .zero)
    throw error
  }
  await channel.close()
  await server.shutdownGracefully(grace: .zero)
}
