import Foundation
import MartletProtobuf
import MartletProtobufTestSupport
import Testing

@Suite struct RoundTripTests {
  @Test(
    "random messages of every kind come back unchanged, as Google's own protobuf sees it",
    .enabled(if: PythonPeer.interpreter != nil, "MARTLET_PYTHON names no interpreter"),
    arguments: [UInt32(1), 2, 3])
  func randomMessages(seed: UInt32) throws {
    let protos = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("proto").path
    let unchanged = try PythonPeer.roundTrip(
      package: "martlet.test", protoDirectory: protos, types: Kinds.messageTypes, count: 1500,
      seed: seed)
    #expect(unchanged == 1500)
  }
}
