import MartletAPI
import MartletProtobuf
import MartletRPC
import Testing

@Suite struct RPCErrorDetailsTests {
  private let all = RPCErrorDetails(
    errorInfo: .init(reason: "QUEUE_FULL", domain: "martlet", metadata: ["pool": "emails"]),
    retryInfo: .init(retryDelay: .init(seconds: 1)),
    badRequest: .init(fieldViolations: [.init(field: "specs[3].kind", description: "is empty")]),
    quotaFailure: .init(violations: [.init(subject: "pool:emails", description: "full")]))

  @Test("all typed details travel as one google.rpc.Status")
  func thereAndBack() throws {
    let bytes = all.statusBytes(code: 8, message: "the queue is full")
    #expect(try RPCErrorDetails(statusBytes: bytes) == all)
    let status = try GoogleRPC.Status(protobufBytes: bytes)
    #expect(status.code == 8)
    #expect(status.message == "the queue is full")
    #expect(
      status.details.map(\.typeUrl) == [
        "type.googleapis.com/google.rpc.ErrorInfo", "type.googleapis.com/google.rpc.RetryInfo",
        "type.googleapis.com/google.rpc.BadRequest", "type.googleapis.com/google.rpc.QuotaFailure",
      ])
  }

  @Test("what is not known, repeated or unreadable is kept as it came")
  func others() throws {
    let others: [WellKnown.`Any`] = [
      .init(typeUrl: "type.googleapis.com/google.rpc.Help", value: [1, 2, 3]),
      .init(packing: GoogleRPC.ErrorInfo(reason: "SECOND")),
      .init(typeUrl: "type.googleapis.com/google.rpc.RetryInfo", value: [0xff]),
      .init(typeUrl: "no slash"), .init(),
    ]
    let details = RPCErrorDetails(errorInfo: all.errorInfo, others: others)
    let bytes = details.statusBytes(code: 3, message: "")
    #expect(try RPCErrorDetails(statusBytes: bytes) == details)
  }

  @Test("no details are a status without details")
  func empty() throws {
    #expect(RPCErrorDetails().isEmpty)
    #expect(!all.isEmpty)
    #expect(RPCErrorDetails().status(code: 5, message: "gone").details.isEmpty)
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

extension RPCErrorDetailsTests {
  @Test("a failed call carries its typed details")
  func callStatus() throws {
    let details = RPCErrorDetails(errorInfo: .init(reason: "QUEUE_FULL", domain: "martlet"))
    let status = RPCStatus(code: .resourceExhausted, message: "full", details: details)
    #expect(status.errorDetails == details)
    let sent = try GoogleRPC.Status(protobufBytes: status.details)
    #expect(sent.code == 8)
    #expect(sent.message == "full")
  }

  @Test("a failed call without details, or with unreadable ones, has none")
  func noCallDetails() {
    #expect(RPCStatus(code: .notFound, message: "", details: RPCErrorDetails()).details.isEmpty)
    #expect(RPCStatus(code: .notFound, message: "", details: [0xff]).errorDetails.isEmpty)
  }
}
