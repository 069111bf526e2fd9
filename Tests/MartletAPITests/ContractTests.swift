import Foundation
import MartletAPI
import MartletProtobuf
import MartletProtobufTestSupport
import Testing

@Suite struct ContractTests {
  private static let protos = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("proto").path

  @Test(
    "random messages of the contract come back unchanged, as Google's own protobuf sees it",
    .enabled(if: PythonPeer.interpreter != nil, "MARTLET_PYTHON names no interpreter"),
    arguments: ["martlet.v1", "martlet.log.v1", "google.rpc"])
  func randomMessages(package: String) throws {
    let types = [
      "martlet.v1": API.messageTypes, "martlet.log.v1": LogAPI.messageTypes,
      "google.rpc": GoogleRPC.messageTypes,
    ]
    let peer = try PythonPeer(protoDirectory: Self.protos, types: types[package] ?? [])
    defer { peer.finish() }
    #expect(try peer.roundTrip(package: package, count: 1000, seed: 5) == 1000)
  }

  @Test("events that were encoded one by one are a response when they are put together")
  func eventsInResponse() throws {
    let events = (1...100).map { API.Event(revision: $0, type: .taskSubmitted, pool: "emails") }
    var bytes: [UInt8] = []
    for event in events { ProtobufDelimited.append(field: 1, event, to: &bytes) }
    ProtobufDelimited.append(field: 2, "cursor", to: &bytes)
    let response = API.WatchEventsResponse(events: events, cursor: "cursor")
    #expect(bytes == response.protobufBytes())
  }

  @Test("a batch of the largest allowed number of smallest tasks can be read")
  func largestBatchOfSmallestTasks() throws {
    let request = API.BatchSubmitTasksRequest(
      pool: "p", specs: Array(repeating: .init(kind: "k"), count: 10_000))
    #expect(try API.BatchSubmitTasksRequest(protobufBytes: request.protobufBytes()) == request)
  }
}
