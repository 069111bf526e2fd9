import Testing

@testable import MartletRPC

@Suite("The times of a connection") struct TimerTests {
  static let second: UInt64 = 1_000_000_000
  /// When the connection was opened.
  static let start: UInt64 = 1_000 * second

  private func timers(
    chance: Double = 0.5, hasSettings: Bool = true,
    _ change: (inout ServerLimits) -> Void = { _ in }
  ) -> (ConnectionTimers, ConnectionTimers.Limits) {
    var limits = ServerLimits()
    limits.keepaliveInterval = nil
    change(&limits)
    let times = ConnectionTimers.Limits(limits)
    var timers = ConnectionTimers(openedAt: Self.start, times, chance: chance)
    if hasSettings { timers.settingsReceived() }
    return (timers, times)
  }

  /// What ticks at so many seconds after the start bring.
  private func ticks(
    _ timers: inout ConnectionTimers, _ limits: ConnectionTimers.Limits, at seconds: [UInt64],
    openStreams: Int = 0
  ) -> [ConnectionTimers.Due] {
    seconds.map {
      timers.tick(at: Self.start + $0 * Self.second, openStreams: openStreams, limits)
    }
  }

  @Test("a client that does not begin is closed, one that did is not")
  func handshake() {
    var (late, limits) = timers(hasSettings: false)
    #expect(ticks(&late, limits, at: [9, 10]) == [.nothing, .close])
    var (begun, _) = timers()
    #expect(ticks(&begun, limits, at: [9, 10, 100_000]) == [.nothing, .nothing, .nothing])
  }

  @Test("a header block that does not end closes, however many bytes come")
  func headerBlock() {
    var (timers, limits) = timers()
    for second in 1...10 {
      timers.received(at: Self.start + UInt64(second) * Self.second, isInHeaderBlock: true)
    }
    #expect(ticks(&timers, limits, at: [10, 11]) == [.nothing, .close])
  }

  @Test("output that nobody takes closes")
  func stall() {
    var (timers, limits) = timers()
    timers.becameWritable(false, at: Self.start + Self.second)
    #expect(ticks(&timers, limits, at: [30, 31]) == [.nothing, .close])
    timers.becameWritable(true, at: Self.start + 31 * Self.second)
    #expect(ticks(&timers, limits, at: [100]) == [.nothing])
  }

  @Test("silence brings a PING; an answer of any kind is enough, none closes")
  func keepalive() {
    var (timers, limits) = timers { $0.keepaliveInterval = .seconds(60) }
    #expect(ticks(&timers, limits, at: [59, 60, 79]) == [.nothing, .ping, .nothing])
    timers.received(at: Self.start + 79 * Self.second, isInHeaderBlock: false)
    #expect(
      ticks(&timers, limits, at: [80, 139, 158, 159]) == [.nothing, .ping, .nothing, .close])
  }

  @Test("a server's own limits ask after two hours, calls or none")
  func keepaliveDefault() {
    let limits = ConnectionTimers.Limits(ServerLimits())
    var timers = ConnectionTimers(openedAt: Self.start, limits, chance: 0)
    timers.settingsReceived()
    let dues = ticks(&timers, limits, at: [7199, 7200, 7219, 7220], openStreams: 3)
    #expect(dues == [.nothing, .ping, .nothing, .close])
  }

  @Test("a connection without calls is asked to end in two steps, once")
  func idle() {
    var (timers, limits) = timers { $0.idleTimeout = .seconds(10) }
    #expect(ticks(&timers, limits, at: [5], openStreams: 1) == [.nothing])
    timers.streamOpened()
    #expect(ticks(&timers, limits, at: [7, 16, 17]) == [.nothing, .nothing, .announceEnd])
    let dues = ticks(&timers, limits, at: [18, 27, 28])
    #expect(dues == [.nothing, .refuseStreams("max_idle"), .nothing])
  }

  @Test("the second step comes at once when the client has seen the first")
  func secondStep() {
    var (timers, limits) = timers { $0.idleTimeout = .seconds(10) }
    let isTooEarly = timers.beginRefusing()
    #expect(ticks(&timers, limits, at: [10]) == [.announceEnd])
    let isInTime = timers.beginRefusing()
    #expect(!isTooEarly && isInTime)
    #expect(timers.reason == "max_idle")
    #expect(ticks(&timers, limits, at: [21]) == [.nothing])
  }

  @Test("age ends a connection give or take a tenth, its calls after their grace")
  func age() {
    for (chance, second) in [(0.0, 90), (0.5, 100), (1.0, 110)] as [(Double, UInt64)] {
      var (timers, limits) = timers(chance: chance) {
        $0.connectionAge = .seconds(100)
        $0.connectionAgeGrace = .seconds(30)
      }
      let dues = ticks(
        &timers, limits, at: [second - 1, second, second + 10, second + 29, second + 30, 1_000],
        openStreams: 1)
      #expect(
        dues == [
          .nothing, .announceEnd, .refuseStreams("max_age"), .nothing, .endCalls, .nothing,
        ])
    }
  }

  // MARK: PINGs of the client

  private func allowed(
    _ seconds: [UInt64], hasCalls: Bool = true, hasSent: [Bool] = [],
    _ change: (inout ServerLimits) -> Void = { _ in }
  ) -> [Bool] {
    var limits = ServerLimits()
    change(&limits)
    var strikes = PingStrikes()
    return seconds.enumerated().map { index, second in
      strikes.isPingAllowed(
        at: Self.start + second * Self.second, hasCalls: hasCalls,
        hasSentSince: hasSent.indices.contains(index) && hasSent[index],
        PingStrikes.Limits(limits))
    }
  }

  @Test("two PINGs too early are forgiven, the third is one too many")
  func strikes() {
    #expect(
      allowed([0, 300, 600, 900, 901, 902, 903]) == [true, true, true, true, true, true, false])
  }

  @Test("without calls a PING every two hours is enough, unless it is permitted")
  func strikesWithoutCalls() {
    #expect(allowed([0, 300, 600, 900], hasCalls: false) == [true, true, true, false])
    #expect(allowed([0, 7200, 14_400, 21_600], hasCalls: false) == [true, true, true, true])
    let permitted = allowed([0, 300, 600, 900], hasCalls: false) {
      $0.permitsKeepaliveWithoutCalls = true
    }
    #expect(permitted == [true, true, true, true])
  }

  @Test("a PING after something was sent is no strike and clears those before")
  func clearedStrikes() {
    let hasSent = [false, false, false, true, false, false, false]
    #expect(
      allowed([0, 1, 2, 3, 4, 5, 6], hasSent: hasSent)
        == [true, true, true, true, true, true, false])
  }
}
