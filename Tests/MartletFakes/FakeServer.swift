import MartletRPC

/// Serves a fake node over loopback, by real gRPC.
package struct FakeServer: Sendable {
  package let node: FakeNode
  package let port: Int
  private let server: RPCServer

  package var target: String { "127.0.0.1:\(port)" }

  package static func start(_ node: FakeNode = FakeNode(), port: Int = 0) async throws -> FakeServer
  {
    let configuration = RPCServerConfiguration(addresses: ["127.0.0.1:\(port)"])
    let server = try await RPCServer.start(router: node.router, configuration: configuration)
    return FakeServer(node: node, port: server.port, server: server)
  }

  /// Cuts all connections.
  package func stop() async { await server.shutdownGracefully(grace: .zero) }

  /// Runs `body` with a server that is stopped afterwards.
  package static func with<Result: Sendable>(
    _ node: FakeNode = FakeNode(), _ body: (FakeServer) async throws -> Result
  ) async throws -> Result {
    let server = try await start(node)
    do {
      let result = try await body(server)
      await server.stop()
      return result
    } catch {
      await server.stop()
      throw error
    }
  }
}
