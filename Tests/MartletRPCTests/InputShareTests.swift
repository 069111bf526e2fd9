import MartletRPC
import Testing

@Suite("The share of its loop's time that a connection's input takes") struct InputShareTests {
  /// With so short a share every few kilobytes wait for another turn of the loop.
  private func run<Result: Sendable>(
    _ body: @escaping @Sendable (Fixture) async throws -> Result
  ) async throws -> Result {
    var configuration = RPCServerConfiguration()
    configuration.eventLoops = 1
    configuration.limits.inputShare = .nanoseconds(1)
    var result: Result?
    try await Fixture.run(configuration: configuration) { result = try await body($0) }
    return try #require(result)
  }

  private static func message(_ byteCount: Int, of byte: UInt8) -> [UInt8] {
    [0, 0, 0, UInt8(byteCount >> 8), UInt8(byteCount & 255)]
      + [UInt8](repeating: byte, count: byteCount)
  }

  @Test("what goes beyond it is put off, and answered all the same")
  func putOff() async throws {
    let answers = try await run { fixture in
      try await RawClient.run(port: fixture.server.port) { client in
        try client.flush()
        let streams = try (0..<100).map { number in
          try client.begin(
            RawClient.headers(), Self.message(2_000, of: UInt8(number)), isComplete: true)
        }
        return try streams.map { try client.answer(to: $0) }
      }
    }
    #expect(answers.allSatisfy { $0.fields["grpc-status"] == "0" })
    #expect(answers.map(\.body) == (0..<100).map { Self.message(2_000, of: UInt8($0)) })
  }

  @Test("the other connections of the loop are served while a client is refused again and again")
  func refusals() async throws {
    let statuses = try await run { fixture in
      let port = fixture.server.port
      async let refused = RawClient.run(port: port) { client in
        let headers = RawClient.headers(path: "/no.Service/Method")
        let streams = try (0..<900).map { _ in try client.begin(headers, isComplete: true) }
        return try Set(streams.map { try client.answer(to: $0).fields["grpc-status"] })
      }
      for _ in 0..<20 { try await fixture.expectEcho("served") }
      return try await refused
    }
    #expect(statuses == ["12"])
  }

  @Test("a client that leaves takes what it sent and was put off with it")
  func leaving() async throws {
    try await run { fixture in
      for _ in 0..<20 {
        try await RawClient.run(port: fixture.server.port) { client in
          for _ in 0..<50 {
            _ = try client.begin(
              RawClient.headers(), Self.message(3_000, of: 1), isComplete: true)
          }
        }
      }
      while fixture.server.statistics.connections > 1 { await Task.yield() }
      try await fixture.expectEcho("others live")
    }
  }
}
