import MartletClient
import MartletFakes
import Synchronization

/// A client of a fake server, whose pauses take no time and are written down.
struct ClientWorld: Sendable {
  let server: FakeServer
  let client: MartletClient
  let pauses: Pauses

  var node: FakeNode { server.node }

  /// For streams that break again and again before they bring anything.
  var stubborn: MartletClient { client.with { $0.attemptsMax = 100 } }

  /// The pauses that a client made.
  final class Pauses: Sendable {
    private let stored = Mutex<[Duration]>([])
    var all: [Duration] { stored.withLock { $0 } }
    func add(_ pause: Duration) { stored.withLock { $0.append(pause) } }
  }

  static func with(
    _ node: FakeNode = FakeNode(), actor: String? = nil,
    _ body: (ClientWorld) async throws -> Void
  ) async throws {
    try await FakeServer.with(node) { server in
      let pauses = Pauses()
      var configuration = MartletClient.Configuration(actor: actor)
      // A busy machine must not make a test give up.
      configuration.timeout = .seconds(600)
      configuration.pause = { delay in
        pauses.add(delay)
        await Task.yield()
        try Task.checkCancellation()
      }
      let client = try MartletClient(target: server.target, configuration: configuration)
      try await body(ClientWorld(server: server, client: client, pauses: pauses))
      await client.close()
    }
  }
}
