import Testing

@testable import MartletRPC

@Suite("What a channel writes down about itself") struct ChannelRecordTests {
  private static let second: UInt64 = 1_000_000_000

  private static func address(_ port: Int) -> RPCAddress { .tcp(host: "10.0.0.1", port: port) }

  private func machine(_ ports: [Int]?, _ policy: LoadBalancing = .pickFirst) -> ChannelMachine {
    var configuration = RPCChannelConfiguration()
    configuration.loadBalancing = policy
    return ChannelMachine(
      addresses: ports.map { $0.map(Self.address) }, ChannelMachine.Settings(configuration), seed: 7
    )
  }

  private func texts(_ trace: TraceLog) -> [String] { trace.events.map(\.text) }

  @Test("a channel begins idle, with a subchannel for each address that is given")
  func beginning() {
    let record = ChannelRecord(machine([1, 2]), target: "both", at: 5)
    #expect(record.state == .idle)
    #expect(record.subchannels.values.map(\.address).sorted() == ["10.0.0.1:1", "10.0.0.1:2"])
    #expect(
      texts(record.trace) == [
        "created for both", "subchannel for 10.0.0.1:1 created",
        "subchannel for 10.0.0.1:2 created",
      ])
    let numbers = record.trace.events.map(\.subchannel)
    #expect(numbers == [nil, record.subchannels[1]?.id, record.subchannels[2]?.id])
    #expect(record.trace.createdAt == 5)
  }

  @Test("each change of state is an event with its time, and failures are warnings with a reason")
  func states() throws {
    var channel = machine([1])
    var record = ChannelRecord(channel, target: "one", at: 0)
    _ = channel.callWaits(at: 1)
    record.note(channel, because: nil, at: 1)
    #expect(record.state == .connecting)
    _ = channel.connectFailed(1, reason: "no road", at: 2, hasWaitingCalls: true)
    record.note(channel, because: "no road", at: 2)
    #expect(record.state == .transientFailure)
    _ = channel.timePassed(at: 3 * Self.second, hasWaitingCalls: true)
    record.note(channel, because: nil, at: 3)
    _ = channel.connected(1, at: 4 * Self.second)
    record.note(channel, because: nil, at: 4)
    _ = channel.connectionEnded(
      1, hadCalls: true, reason: "lost", at: 5 * Self.second, hasWaitingCalls: false)
    record.note(channel, because: "lost", at: 5)
    let expected = [
      TraceLog.Event(text: "IDLE → CONNECTING", at: 1),
      .init(text: "CONNECTING → TRANSIENT_FAILURE: no road", severity: .warning, at: 2),
      .init(text: "TRANSIENT_FAILURE → CONNECTING", at: 3),
      .init(text: "CONNECTING → READY", at: 4), .init(text: "READY → IDLE: lost", at: 5),
    ]
    #expect(record.trace.events.suffix(5) == expected)
    let subchannel = try #require(record.subchannels[1])
    #expect(subchannel.trace.events.dropFirst() == expected[...])
  }

  @Test("the reason of one address is not told of another")
  func reasons() throws {
    var channel = machine([1, 2])
    var record = ChannelRecord(channel, target: "two", at: 0)
    _ = channel.callWaits(at: 1)
    record.note(channel, because: nil, at: 1)
    _ = channel.connectFailed(1, reason: "no road", at: 2, hasWaitingCalls: true)
    record.note(channel, because: "no road", at: 2)
    #expect(record.state == .connecting)
    let second = try #require(record.subchannels[2])
    #expect(texts(second.trace).last == "IDLE → CONNECTING")
  }

  @Test("nothing is written, and the clock not read, while nothing changes")
  func silence() {
    func now() -> UInt64 {
      Issue.record("the clock was read")
      return 0
    }
    let channel = machine([1])
    var record = ChannelRecord(channel, target: "one", at: 0)
    record.note(channel, because: "nothing", at: now())
    #expect(record.trace.eventsLogged == 2)
  }

  @Test("an address that a name stands for no longer is SHUTDOWN, and gone from the channel")
  func removal() throws {
    var channel = machine(nil)
    var record = ChannelRecord(channel, target: "name", at: 0)
    _ = channel.callWaits(at: 1)
    record.note(channel, because: nil, at: 1)
    #expect(record.state == .connecting)
    _ = channel.resolved([Self.address(1)], at: 2, hasWaitingCalls: true)
    record.note(channel, because: nil, at: 2)
    let first = try #require(record.subchannels[1])
    _ = channel.resolved([Self.address(2)], at: 3, hasWaitingCalls: true)
    record.note(channel, because: nil, at: 3)
    #expect(first.state == .shutdown)
    #expect(record.subchannels.values.map(\.address) == ["10.0.0.1:2"])
    #expect(
      record.trace.events.last
        == .init(text: "subchannel for 10.0.0.1:1 removed", at: 3, subchannel: first.id))
  }

  @Test("a name that cannot be resolved is a failure of the channel, and says why")
  func noAddress() {
    var channel = machine(nil)
    var record = ChannelRecord(channel, target: "name", at: 0)
    _ = channel.callWaits(at: 1)
    record.note(channel, because: nil, at: 1)
    _ = channel.resolveFailed(reason: "unknown", at: 2, hasWaitingCalls: true)
    record.note(channel, because: "unknown", at: 2)
    #expect(record.state == .transientFailure)
    #expect(texts(record.trace).last == "CONNECTING → TRANSIENT_FAILURE: unknown")
  }

  @Test("a closed channel is SHUTDOWN, and so are its subchannels")
  func closed() {
    var channel = machine([1, 2], .roundRobin)
    var record = ChannelRecord(channel, target: "two", at: 0)
    _ = channel.callWaits(at: 1)
    _ = channel.connected(1, at: 2)
    record.note(channel, because: nil, at: 2)
    #expect(record.state == .ready)
    channel.close()
    record.note(channel, because: nil, at: 3)
    #expect(record.state == .shutdown)
    #expect(record.subchannels.values.allSatisfy { $0.state == .shutdown })
  }

  @Test("of many events the newest 30 are kept, and of long ones 256 characters")
  func bounds() {
    var log = TraceLog(at: 0)
    for number in 0..<100 { log.add(.init(text: "\(number)", at: UInt64(number))) }
    #expect(log.eventsLogged == 100)
    #expect(log.events.map(\.text) == (70..<100).map(String.init))
    log.add(.init(text: "a" + String(repeating: "\u{301}", count: 100_000), at: 100))
    #expect(log.events.last?.text.unicodeScalars.count == 256)
    #expect(log.events.count == 30)
  }
}
