internal import MartletRPC

/// Cases that go on for long.
extension InteropClient {
  /// Many calls on one channel.
  @Sendable func rpcSoak() async throws {
    try await soak { try await expectLarge(test.unaryCall(Self.largeRequest)) }
  }

  /// Each call on a channel of its own.
  @Sendable func channelSoak() async throws {
    try await soak {
      let channel = try RPCChannel(target: target, configuration: configuration)
      let response: GRPCTesting.SimpleResponse
      do {
        response = try await GRPCTesting.TestServiceClient(channel: channel)
          .unaryCall(Self.largeRequest)
      } catch {
        await channel.close()
        throw error
      }
      await channel.close()
      try expectLarge(response)
    }
  }

  private func soak(_ call: () async throws -> Void) async throws {
    let start = ContinuousClock.now
    var failures: [String] = []
    var done = 0
    while done < soak.iterations, ContinuousClock.now - start < soak.timeout {
      let began = ContinuousClock.now
      do {
        try await call()
        let took = ContinuousClock.now - began
        if took > soak.latencyMax { failures.append("call \(done) took \(took)") }
      } catch {
        failures.append("call \(done): \(error)")
      }
      done += 1
      let next = began + soak.pause
      if next > .now { try await Task.sleep(until: next, clock: .continuous) }
    }
    try expect("the number of calls before the time was over", done, soak.iterations)
    guard failures.count <= soak.failuresMax else {
      throw InteropFailure(description: failures.joined(separator: "; "))
    }
  }
}
