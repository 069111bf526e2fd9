import MartletRPC
import Synchronization
import Testing

/// Servers that say who they are.
struct NamedServers {
  static let who = Methods.method("Who", .unary)

  static func run(
    _ count: Int, _ body: ([RPCServer]) async throws -> Void
  ) async throws {
    var servers: [RPCServer] = []
    for number in 0..<count { servers.append(try await start(number)) }
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(servers))
    } catch {
      result = .failure(error)
    }
    for server in servers { await server.shutdownGracefully(grace: .zero) }
    try result.get()
  }

  static func start(_ number: Int, at address: String = "127.0.0.1:0") async throws -> RPCServer {
    var router = ServerRouter()
    router.unary(who) { (_: RawMessage, _) in RawMessage(Array("\(number)".utf8)) }
    return try await RPCServer.start(router: router, configuration: .init(addresses: [address]))
  }

  static func ask(_ channel: RPCChannel, waitForReady: Bool = true) async throws -> String {
    let reply: RawMessage = try await channel.unary(
      who, RawMessage(), options: CallOptions(waitForReady: waitForReady))
    return reply.text
  }
}

@Suite("Channels to several servers") struct ClientPoolTests {
  /// Quick to come back.
  static func configuration(_ policy: LoadBalancing) -> RPCChannelConfiguration {
    var configuration = RPCChannelConfiguration()
    configuration.loadBalancing = policy
    configuration.backoff = .milliseconds(5)
    configuration.backoffMax = .milliseconds(20)
    configuration.resolutionInterval = .zero
    // A busy machine must not change which address wins.
    configuration.connectionAttemptDelay = .seconds(60)
    return configuration
  }

  @Test("round robin spreads calls evenly over the addresses of a list")
  func roundRobin() async throws {
    try await NamedServers.run(3) { servers in
      let target = "ipv4:" + servers.map(\.addresses[0]).joined(separator: ",")
      let channel = try RPCChannel(
        target: target, configuration: Self.configuration(.roundRobin))
      // All three are connected once each has answered.
      var seen: Set<String> = []
      while seen.count < 3 { seen.insert(try await NamedServers.ask(channel)) }
      var counts: [String: Int] = [:]
      for _ in 0..<30 { counts[try await NamedServers.ask(channel), default: 0] += 1 }
      #expect(counts == ["0": 10, "1": 10, "2": 10])
      await channel.close()
    }
  }

  @Test("round robin goes on without a server that stops, and no waiting call fails")
  func roundRobinLoss() async throws {
    try await NamedServers.run(2) { servers in
      let third = try await NamedServers.start(2)
      let target = "ipv4:" + (servers + [third]).map(\.addresses[0]).joined(separator: ",")
      let channel = try RPCChannel(
        target: target, configuration: Self.configuration(.roundRobin))
      var seen: Set<String> = []
      while seen.count < 3 { seen.insert(try await NamedServers.ask(channel)) }
      await third.shutdownGracefully(grace: .seconds(5))
      for _ in 0..<100 { #expect(try await NamedServers.ask(channel) != "2") }
      await channel.close()
    }
  }

  @Test("pick first stays with the first address that answers and moves on when it is gone")
  func pickFirst() async throws {
    try await NamedServers.run(1) { servers in
      let first = try await NamedServers.start(7)
      let target = "ipv4:\(first.addresses[0]),\(servers[0].addresses[0])"
      let channel = try RPCChannel(
        target: target, configuration: Self.configuration(.pickFirst))
      for _ in 0..<10 { #expect(try await NamedServers.ask(channel) == "7") }
      await first.shutdownGracefully(grace: .seconds(5))
      for _ in 0..<10 { #expect(try await NamedServers.ask(channel) == "0") }
      #expect(servers[0].statistics.connections == 1)
      await channel.close()
    }
  }

  @Test("addresses that race for a call leave one connection, and nothing after the close")
  func race() async throws {
    try await NamedServers.run(3) { servers in
      let target = "ipv4:" + servers.map(\.addresses[0]).joined(separator: ",")
      var configuration = Self.configuration(.pickFirst)
      configuration.connectionAttemptDelay = .zero
      for _ in 0..<50 {
        let channel = try RPCChannel(target: target, configuration: configuration)
        let first = try await NamedServers.ask(channel)
        #expect(try await NamedServers.ask(channel) == first)
        await channel.close()
      }
    }
  }

  @Test("a name that stands for something else after a failure is looked up again")
  func resolvedAgain() async throws {
    try await NamedServers.run(1) { servers in
      let first = try await NamedServers.start(7)
      let current = PlaceHolder(first.addresses[0])
      var configuration = Self.configuration(.pickFirst)
      configuration.resolver = NameResolver { _, _ in [current.address] }
      let channel = try RPCChannel(target: "dns:///tasks.test:1", configuration: configuration)
      #expect(try await NamedServers.ask(channel) == "7")
      current.address = servers[0].addresses[0]
      await first.shutdownGracefully(grace: .seconds(5))
      #expect(try await NamedServers.ask(channel) == "0")
      await channel.close()
    }
  }

  @Test("a name that cannot be resolved fails with UNAVAILABLE and the reason")
  func unresolvable() async throws {
    var configuration = Self.configuration(.pickFirst)
    configuration.resolver = NameResolver { host, _ in
      throw RPCStatus(code: .unavailable, message: "\(host) is nowhere")
    }
    let channel = try RPCChannel(target: "tasks.test:1", configuration: configuration)
    let status = await status { _ = try await NamedServers.ask(channel, waitForReady: false) }
    #expect(status == RPCStatus(code: .unavailable, message: "tasks.test is nowhere"))
    await channel.close()
  }

  @Test("a name of the system's own is resolved and called")
  func localhost() async throws {
    try await NamedServers.run(1) { servers in
      let channel = try RPCChannel(target: "dns:localhost:\(servers[0].port)")
      #expect(try await NamedServers.ask(channel) == "0")
      await channel.close()
    }
  }
}

/// An address that changes.
final class PlaceHolder: Sendable {
  private let state: Mutex<String>
  init(_ address: String) { state = Mutex(address) }
  var address: String {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}
