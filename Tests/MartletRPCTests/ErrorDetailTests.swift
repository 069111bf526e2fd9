import MartletRPC
import Testing

@Suite("Typed error details") struct ErrorDetailTests {
  static let all: [RPCErrorDetail] = [
    .errorInfo(reason: "QUEUE_FULL", domain: "test", metadata: ["pool": "mail", "limit": "10"]),
    .retryInfo(delay: .milliseconds(1_500)),
    .badRequest([
      .init(field: "specs[3].kind", description: "is empty"),
      .init(field: "", description: "naïve ☃"),
    ]),
    .quotaFailure([.init(subject: "pool:mail", description: "is full")]),
    .preconditionFailure([.init(type: "TOS", subject: "you", description: "accept them")]),
    .help([.init(description: "the manual", url: "https://example.com/manual")]),
    .other(typeURL: "type.googleapis.com/test.Other", value: [1, 2, 255]),
  ]

  @Test("all details come back as they were, in their order")
  func roundTrip() {
    let status = RPCStatus(code: .resourceExhausted, message: "full", errorDetails: Self.all)
    #expect(status.errorDetails == Self.all)
    #expect(RPCStatus(code: .ok, message: "", errorDetails: []).details.isEmpty)
  }

  @Test("the encoded form is what others write")
  func bytes() {
    let status = RPCStatus(
      code: .notFound, message: "gone", errorDetails: [.retryInfo(delay: .seconds(300))])
    let url = Array("type.googleapis.com/google.rpc.RetryInfo".utf8)
    let any: [UInt8] = [0x0A, 40] + url + [0x12, 5, 0x0A, 3, 0x08, 0xAC, 0x02]
    #expect(status.details == [0x08, 5, 0x12, 4] + Array("gone".utf8) + [0x1A, 49] + any)
  }

  @Test("negative delays and repeated fields are read as protobuf says")
  func oddities() {
    let negative = RPCErrorDetail.retryInfo(delay: .milliseconds(-2_500))
    let status = RPCStatus(code: .aborted, message: "", errorDetails: [negative])
    #expect(status.errorDetails == [negative])
    // Fields that are not known are skipped, whatever their type.
    let unknown =
      status.details + [0x20, 1, 0x29] + [UInt8](repeating: 0, count: 8) + [0x35, 0, 0, 0, 0]
    #expect(RPCStatus(code: .aborted, message: "", details: unknown).errorDetails == [negative])
  }

  @Test("what is no message has no details; a detail that cannot be read stays as it came")
  func garbage() {
    let whole = RPCStatus(code: .aborted, message: "m", errorDetails: Self.all).details
    for count in 0..<whole.count {
      let status = RPCStatus(code: .aborted, message: "m", details: Array(whole[..<count]))
      #expect(status.errorDetails.count < Self.all.count)
    }
    let broken = RPCErrorDetail.other(
      typeURL: "type.googleapis.com/google.rpc.RetryInfo", value: [0x0A, 9])
    let status = RPCStatus(code: .aborted, message: "", errorDetails: [broken])
    #expect(status.errorDetails == [broken])
  }

  @Test("details pass over the wire")
  func overTheWire() async throws {
    try await Fixture.run { fixture in
      let status = await status {
        let _: RawMessage = try await fixture.channel.unary(Methods.detailed, "" as RawMessage)
      }
      #expect(status?.errorDetails == Self.all)
    }
  }
}
