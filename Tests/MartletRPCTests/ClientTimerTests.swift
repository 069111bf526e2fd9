import MartletHTTP2
import Testing

@testable import MartletRPC

@Suite("The times of a client's connection") struct ClientTimerTests {
  private func ticks(
    _ seconds: [UInt64], hasCalls: Bool = true, withoutCalls: Bool = false, received: UInt64? = nil
  ) -> [KeepaliveTimer.Due] {
    let second: UInt64 = 1_000_000_000
    var timer = KeepaliveTimer(
      interval: .seconds(60), timeout: .seconds(20), withoutCalls: withoutCalls, at: 0)
    return seconds.map {
      if let received, $0 > received { timer.received(at: received * second) }
      return timer.tick(at: $0 * second, hasCalls: hasCalls)
    }
  }

  @Test("after a silence there is one PING, and without an answer the end")
  func silence() {
    #expect(
      ticks([20, 40, 59, 60, 79, 80]) == [.nothing, .nothing, .nothing, .ping, .nothing, .giveUp])
  }

  @Test("any byte is an answer")
  func answer() {
    #expect(ticks([60, 70], received: 65) == [.ping, .nothing])
    #expect(ticks([60, 80, 124], received: 65) == [.ping, .nothing, .nothing])
  }

  @Test("without calls there is no PING, unless it is permitted")
  func withoutCalls() {
    #expect(ticks([60, 6000], hasCalls: false) == [.nothing, .nothing])
    #expect(ticks([60], hasCalls: false, withoutCalls: true) == [.ping])
  }

  @Test("a server that stops answering is given up, and its calls are UNAVAILABLE")
  func deadServer() async throws {
    try await ScriptedServer { _ in [.stall] }.run { server in
      var configuration = RPCChannelConfiguration()
      configuration.keepaliveInterval = .milliseconds(30)
      configuration.keepaliveTimeout = .milliseconds(30)
      let channel = try RPCChannel(target: server.target, configuration: configuration)
      let dead = await status {
        let _: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
      }
      #expect(dead?.code == .unavailable)
      #expect(dead?.message.contains("does not answer") == true)
      await channel.close()
    }
  }

  @Test("a server that finds PINGs too many gets half as many on the next connection")
  func tooManyPings() async throws {
    try await ScriptedServer { request in
      request.number == 0
        ? [.goAway(last: 1, .enhanceYourCalm, debugData: "too_many_pings"), .reply("first")]
        : [.reply("later")]
    }.run { server in
      var configuration = RPCChannelConfiguration()
      configuration.keepaliveInterval = .seconds(100)
      let driver = ChannelDriver(
        loop: RPCEventLoops.with().next(), target: server.target,
        try ChannelTarget(server.target), configuration: configuration)
      let channel = RPCChannel(driver: driver)
      let first: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
      let second: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
      #expect([first.text, second.text] == ["first", "later"])
      await channel.close()
      #expect(driver.keepaliveInterval == .seconds(200))
    }
  }

  @Test("a channel without calls closes its connection, and the next call makes another")
  func idle() async throws {
    try await ScriptedServer { _ in [.reply("here")] }.run { server in
      var configuration = RPCChannelConfiguration()
      configuration.idleTimeout = .milliseconds(20)
      let channel = try RPCChannel(target: server.target, configuration: configuration)
      let first: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
      await server.connectionEnded.wait()
      let second: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
      #expect([first.text, second.text] == ["here", "here"])
      #expect(server.connections == 2)
      await channel.close()
    }
  }
}
