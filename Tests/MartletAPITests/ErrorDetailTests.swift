import MartletAPI
import MartletProtobuf
import MartletRPC
import Testing

@Suite struct ErrorDetailTests {
  private let details: [RPCErrorDetail] = [
    .errorInfo(reason: "QUEUE_FULL", domain: "martlet", metadata: ["pool": "emails", "n": "7"]),
    .retryInfo(delay: .milliseconds(1_250)),
    .badRequest([.init(field: "specs[3].kind", description: "is empty")]),
    .quotaFailure([.init(subject: "pool:emails", description: "full")]),
  ]

  @Test("the runtime's details are what the generated messages of google.rpc read")
  func generated() throws {
    let status = RPCStatus(code: .resourceExhausted, message: "full", errorDetails: details)
    let read = try GoogleRPC.Status(protobufBytes: status.details)
    #expect(read.code == 8)
    #expect(read.message == "full")
    let info = GoogleRPC.ErrorInfo(
      reason: "QUEUE_FULL", domain: "martlet", metadata: ["pool": "emails", "n": "7"])
    let delay = WellKnown.Duration(seconds: 1, nanos: 250_000_000)
    #expect(try read.details[0].unpacked(as: GoogleRPC.ErrorInfo.self) == info)
    #expect(try read.details[1].unpacked(as: GoogleRPC.RetryInfo.self)?.retryDelay == delay)
    let bad = try read.details[2].unpacked(as: GoogleRPC.BadRequest.self)
    #expect(bad?.fieldViolations == [.init(field: "specs[3].kind", description: "is empty")])
    let quota = try read.details[3].unpacked(as: GoogleRPC.QuotaFailure.self)
    #expect(quota?.violations == [.init(subject: "pool:emails", description: "full")])
    #expect(read.details.count == 4)
  }

  @Test("what the generated messages write, the runtime reads")
  func written() {
    let status = GoogleRPC.Status(
      code: 8, message: "full",
      details: [
        .init(packing: GoogleRPC.ErrorInfo(reason: "A", domain: "b", metadata: ["k": "v"])),
        .init(packing: GoogleRPC.RetryInfo(retryDelay: .init(seconds: -1, nanos: -5))),
        .init(packing: API.Limit(name: "pools", value: 3)),
      ])
    let read = RPCStatus(code: .resourceExhausted, message: "", details: status.protobufBytes())
    #expect(
      read.errorDetails == [
        .errorInfo(reason: "A", domain: "b", metadata: ["k": "v"]),
        .retryInfo(delay: .seconds(-1) - .nanoseconds(5)),
        .other(
          typeURL: "type.googleapis.com/martlet.v1.Limit",
          value: API.Limit(name: "pools", value: 3).protobufBytes()),
      ])
  }

  @Test("a packed message is unpacked as its own type only")
  func anyMessages() throws {
    let packed = WellKnown.`Any`(packing: API.Limit(name: "pools", value: 3))
    #expect(packed.typeUrl == "type.googleapis.com/martlet.v1.Limit")
    #expect(packed.messageName == "martlet.v1.Limit")
    #expect(try packed.unpacked(as: API.Limit.self) == API.Limit(name: "pools", value: 3))
    #expect(try packed.unpacked(as: API.Task.self) == nil)
  }
}
