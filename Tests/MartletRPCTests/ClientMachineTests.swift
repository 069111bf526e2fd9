import Testing

@testable import MartletRPC

@Suite("The connections of a channel") struct ClientMachineTests {
  static let second: UInt64 = 1_000_000_000
  static let times = RPCChannelConfiguration()

  private static func address(_ port: Int) -> RPCAddress { .tcp(host: "10.0.0.1", port: port) }

  private func machine(
    _ ports: [Int]?, _ policy: LoadBalancing = .pickFirst, jitter: Double = 0
  ) -> ChannelMachine {
    var configuration = RPCChannelConfiguration()
    configuration.loadBalancing = policy
    configuration.backoffJitter = jitter
    return ChannelMachine(
      addresses: ports.map { $0.map(Self.address) }, ChannelMachine.Settings(configuration), seed: 7
    )
  }

  private func connect(_ id: Int, timeout: UInt64 = 20) -> ChannelMachine.Effect {
    .connect(id, Self.address(id), timeout: timeout * Self.second)
  }

  @Test("pick first connects to the first address, and to the next when that fails")
  func pickFirst() {
    var channel = machine([1, 2, 3])
    #expect(channel.callWaits(at: 0) == [connect(1)])
    #expect(channel.callWaits(at: 0) == [])
    #expect(
      channel.connectFailed(1, reason: "no", at: 5, hasWaitingCalls: true) == [connect(2)])
    #expect(channel.failure == nil)
    #expect(channel.connected(2, at: 6) == [.sendWaiting])
    #expect(channel.ready == [2])
    #expect(channel.nextDeadline == Self.second)
  }

  @Test("pick first lets the next address join a slow one; the first connection wins")
  func join() {
    var channel = machine([1, 2, 3])
    #expect(channel.callWaits(at: 0) == [connect(1)])
    let delay: UInt64 = 250_000_000
    #expect(channel.nextDeadline == delay)
    #expect(channel.timePassed(at: delay, hasWaitingCalls: true) == [connect(2)])
    #expect(channel.nextDeadline == 2 * delay)
    #expect(channel.connected(1, at: delay + 1) == [.drain(2), .sendWaiting])
    #expect(channel.ready == [1])
    #expect(channel.nextDeadline == nil)
  }

  @Test("when no address can be reached calls fail, and the first is tried again after a second")
  func allFail() {
    var channel = machine([1, 2])
    _ = channel.callWaits(at: 0)
    _ = channel.connectFailed(1, reason: "first", at: 10, hasWaitingCalls: true)
    #expect(
      channel.connectFailed(2, reason: "second", at: 20, hasWaitingCalls: true)
        == [.failWaiting(reason: "second")])
    #expect(channel.failure == "second")
    #expect(channel.nextDeadline == Self.second)
    #expect(channel.timePassed(at: Self.second, hasWaitingCalls: true) == [connect(1)])
    #expect(channel.failure == nil)
  }

  @Test("without waiting calls pick first rests, and the next call connects")
  func rests() {
    var channel = machine([1])
    _ = channel.callWaits(at: 0)
    _ = channel.connectFailed(1, reason: "no", at: 10, hasWaitingCalls: false)
    #expect(channel.timePassed(at: Self.second, hasWaitingCalls: false) == [])
    #expect(channel.nextDeadline == nil)
    #expect(channel.failure == nil)
    #expect(channel.callWaits(at: 2 * Self.second) == [connect(1)])
  }

  @Test("round robin connects to all addresses and deals the calls out in turn")
  func roundRobin() {
    var channel = machine([1, 2, 3], .roundRobin)
    #expect(channel.callWaits(at: 0) == [connect(1), connect(2), connect(3)])
    for id in [3, 1, 2] { #expect(channel.connected(id, at: 1) == [.sendWaiting]) }
    #expect(channel.ready == [1, 2, 3])
    #expect((0..<6).map { _ in channel.ready[channel.pick()] } == [2, 3, 1, 2, 3, 1])
  }

  @Test("round robin goes on with the others while one is away, and takes it back")
  func roundRobinLoss() {
    var channel = machine([1, 2], .roundRobin)
    _ = channel.callWaits(at: 0)
    for id in [1, 2] { _ = channel.connected(id, at: 1) }
    #expect(
      channel.connectionEnded(
        1, hadCalls: true, reason: "lost", at: 2, hasWaitingCalls: false) == [connect(1)])
    #expect(
      channel.connectFailed(1, reason: "no", at: 3, hasWaitingCalls: false) == [])
    #expect(channel.ready == [2])
    #expect(channel.failure == nil)
    #expect(
      channel.timePassed(at: 2 + Self.second, hasWaitingCalls: false) == [connect(1)])
    _ = channel.connected(1, at: 3 * Self.second)
    #expect(channel.ready == [1, 2])
  }

  @Test("a server that hangs up before any call is not called in a loop")
  func hangingUp() {
    var channel = machine([1], .roundRobin)
    _ = channel.callWaits(at: 0)
    _ = channel.connected(1, at: 1)
    #expect(
      channel.connectionEnded(
        1, hadCalls: false, reason: "hung up", at: 2, hasWaitingCalls: true)
        == [.failWaiting(reason: "hung up")])
    #expect(channel.nextDeadline == Self.second)
  }

  @Test("a name is resolved before the first connection, and again after failures, not too often")
  func resolving() {
    var channel = machine(nil)
    #expect(channel.callWaits(at: 0) == [.resolve])
    #expect(channel.callWaits(at: 1) == [])
    let first = [Self.address(1), Self.address(2)]
    #expect(channel.resolved(first, at: 2, hasWaitingCalls: true) == [connect(1)])
    _ = channel.connected(1, at: 3)
    #expect(
      channel.connectionEnded(
        1, hadCalls: true, reason: "lost", at: Self.second, hasWaitingCalls: false) == [])
    _ = channel.callWaits(at: 2 * Self.second)
    _ = channel.connected(1, at: 3 * Self.second)
    let late = 10 * Self.second
    #expect(
      channel.connectionEnded(
        1, hadCalls: true, reason: "lost", at: late, hasWaitingCalls: true)
        == [.resolve, connect(1)])
  }

  @Test("new addresses keep the connections that are still right and drop the others")
  func newAddresses() {
    var channel = machine(nil, .roundRobin)
    _ = channel.callWaits(at: 0)
    let first = [Self.address(1), Self.address(2)]
    _ = channel.resolved(first, at: 0, hasWaitingCalls: false)
    for id in [1, 2] { _ = channel.connected(id, at: 1) }
    let second = [Self.address(3), Self.address(2)]
    #expect(
      channel.resolved(second, at: 2, hasWaitingCalls: false) == [.drain(1), connect(3)])
    #expect(channel.ready == [2])
    _ = channel.connected(3, at: 3)
    #expect(channel.ready == [3, 2])
  }

  @Test("a name that cannot be resolved fails calls and is looked up again after the back-off")
  func unresolvable() {
    var channel = machine(nil)
    _ = channel.callWaits(at: 0)
    #expect(
      channel.resolveFailed(reason: "no such name", at: 5, hasWaitingCalls: true)
        == [.failWaiting(reason: "no such name")])
    #expect(channel.failure == "no such name")
    #expect(channel.nextDeadline == Self.second)
    #expect(channel.timePassed(at: Self.second, hasWaitingCalls: true) == [.resolve])
    #expect(channel.resolved([], at: Self.second, hasWaitingCalls: true).count == 1)
    #expect(channel.nextDeadline == Self.second + 1_600_000_000)
  }

  @Test("a channel that became idle lets go of everything and starts again with a call")
  func idle() {
    var channel = machine([1, 2], .roundRobin)
    _ = channel.callWaits(at: 0)
    _ = channel.connected(1, at: 1)
    #expect(channel.becameIdle() == [.drain(1), .drain(2)])
    #expect(channel.ready == [])
    #expect(channel.nextDeadline == nil)
    #expect(channel.callWaits(at: 5) == [connect(1), connect(2)])
  }
}

@Suite("The time between attempts to connect") struct ClientBackoffTests {
  private func delays(_ count: Int, jitter: Double, seed: UInt64 = 1) -> [Double] {
    var configuration = RPCChannelConfiguration()
    configuration.backoffJitter = jitter
    let times = ConnectionBackoff.Times(configuration)
    var random = SeededRandom(seed: seed)
    var backoff = ConnectionBackoff()
    return (0..<count).map { _ in
      Double(backoff.begin(at: 0, times, using: &random).retryAt) / 1e9
    }
  }

  @Test("it is 1 s, then 1.6 times as much each time, up to 120 s")
  func growth() {
    let exact = delays(14, jitter: 0)
    for (delay, expected) in zip(exact, [1, 1.6, 2.56, 4.096, 6.5536]) {
      #expect(abs(delay - expected) < 1e-6)
    }
    #expect(exact[11] == 120 && exact[13] == 120)
  }

  @Test("it varies by a fifth, so that ten thousand clients do not come back in one second")
  func jitter() {
    let third = (0..<10_000).map { delays(6, jitter: 0.2, seed: UInt64($0))[5] }
    let exact = delays(6, jitter: 0)[5]
    #expect(third.allSatisfy { 0.8 * exact...1.2 * exact ~= $0 })
    let bySecond = Dictionary(grouping: third) { Int($0) }
    #expect(bySecond.values.allSatisfy { $0.count < 4_000 })
    #expect(delays(6, jitter: 0.2, seed: 3) == delays(6, jitter: 0.2, seed: 3))
  }

  @Test("an attempt gets at least 20 s, more while the back-off is longer")
  func timeout() {
    var random = SeededRandom(seed: 1)
    var backoff = ConnectionBackoff()
    var configuration = RPCChannelConfiguration()
    configuration.backoffJitter = 0
    let times = ConnectionBackoff.Times(configuration)
    let timeouts = (0..<14).map { _ in
      backoff.begin(at: 5, times, using: &random).timeout / 1_000_000_000
    }
    #expect(timeouts.first == 20 && timeouts.last == 120)
    backoff.reset()
    #expect(backoff.begin(at: 5, times, using: &random).retryAt == 1_000_000_005)
  }
}
