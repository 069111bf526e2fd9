import Glibc
import MartletRPC

/// Serves a fake node, by real gRPC.
package struct FakeServer: Sendable {
  package let node: FakeNode
  /// Where it is, in the form that a channel takes.
  package let target: String
  private let server: RPCServer

  package static func start(
    _ node: FakeNode = FakeNode(), at address: String = "127.0.0.1:0"
  ) async throws -> FakeServer {
    let configuration = RPCServerConfiguration(addresses: [address])
    let server = try await RPCServer.start(router: node.router, configuration: configuration)
    return FakeServer(node: node, target: server.addresses[0], server: server)
  }

  /// Cuts all connections.
  package func stop() async { await server.shutdownGracefully(grace: .zero) }

  /// Runs `body` with a server on a socket file of its own, and stops it afterwards. When it is
  /// stopped before, nobody else can answer there, as at a port that another test has got.
  package static func with<Result: Sendable>(
    _ node: FakeNode = FakeNode(), _ body: (FakeServer) async throws -> Result
  ) async throws -> Result {
    let path = "/tmp/martlet-fake-\(UInt64.random(in: 0 ... .max)).sock"
    defer { unlink(path) }
    let server = try await start(node, at: "unix:\(path)")
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
