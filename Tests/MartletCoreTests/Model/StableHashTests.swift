import MartletCore
import Testing

@Suite("A stable hash")
struct StableHashTests {
  /// From the reference implementation, xxhash 0.8: one for each way through the code.
  @Test(
    "gives what the reference implementation of xxHash64 gives",
    arguments: [
      (0, 0, 0xEF46_DB37_51D8_E999),
      (0, 0x9E37_79B9_7F4A_7C15, 0xC434_9FC9_3C01_0000),
      (31, 0, 0xC346_D2B5_9B4D_8EE1),
      (32, 0, 0xCBF5_9C51_16FF_32B4),
      (101, 12_345, 0x7BA7_5D9E_C97C_B882),
    ] as [(Int, UInt64, UInt64)])
  func matchesReference(count: Int, seed: UInt64, expected: UInt64) {
    #expect(StableHash.of([UInt8](0..<UInt8(count)), seed: seed) == expected)
  }

  @Test("of a text is that of its UTF-8 bytes")
  func hashesTexts() {
    #expect(StableHash.of("a") == 0xD24E_C4F1_A98C_6E5B)
    #expect(StableHash.of("abc") == 0x44BC_2CF5_AD77_0999)
    #expect(StableHash.of("order-4711") == 0x4830_9CEC_A8BF_3EC9)
    #expect(
      StableHash.of("order-4711", seed: 0x9E37_79B9_7F4A_7C15) == 0x3E86_7F90_FF9F_9BB7)
  }
}
