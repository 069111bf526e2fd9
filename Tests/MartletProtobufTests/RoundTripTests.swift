import Foundation
import MartletProtobuf
import MartletProtobufTestSupport
import Testing

/// What Google's own protobuf makes of our messages, and we of its.
@Suite(.enabled(if: PythonPeer.interpreter != nil, "MARTLET_PYTHON names no interpreter"))
struct RoundTripTests {
  private static let isLong = ProcessInfo.processInfo.environment["MARTLET_TEST_LONG"] == "1"
  private static let packages = ["martlet.test", "martlet.test.parts", "google.protobuf"]

  private func withPeer(_ body: (PythonPeer) throws -> Void) throws {
    let protos = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("proto").path
    let peer = try PythonPeer(
      protoDirectory: protos,
      types: Kinds.messageTypes + Parts.messageTypes + KnownKinds.messageTypes)
    defer { peer.finish() }
    try body(peer)
  }

  @Test(
    "random messages come back unchanged, and again from there, however they are written",
    arguments: packages, PythonPeer.Writing.allCases)
  func randomMessages(package: String, writing: PythonPeer.Writing) throws {
    let count = Self.isLong ? 50_000 : 750
    try withPeer { peer in
      let seed = UInt32(Self.isLong ? 7 : 1)
      let unchanged = try peer.roundTrip(
        package: package, count: count, seed: seed, writing: writing)
      #expect(unchanged == count)
    }
  }

  @Test("of spoilt messages we read what Google reads, and refuse the rest", arguments: packages)
  func spoiltMessages(package: String) throws {
    let count = Self.isLong ? 200_000 : 3_000
    try withPeer { peer in
      let judgements = try peer.judgeSpoilt(
        package: package, count: count, seed: Self.isLong ? 8 : 2,
        // Nobody's messages need so much more memory than their size.
        allowsRefusal: { $0 == .tooLarge })
      #expect(judgements.stricter == 0)
      #expect(judgements.unclear < count / 10)
      #expect(judgements.lenient < count / 100)
      #expect(judgements.same > count / 10)
      #expect(judgements.refused > count / 10)
    }
  }
}
