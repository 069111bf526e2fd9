import MartletCore
import Testing

@Suite("The memory guard")
struct MemoryGuardTests {
  @Test("says so above its limit, and not again until there is well below it")
  func hysteresis() {
    var memory = MemoryGuard(bytesMax: 1_000)
    for (bytes, isTight, isNews) in [
      (0, false, false), (1_000, false, false), (1_001, true, true), (1_001, true, false),
      (1_000, true, false), (951, true, false), (950, false, true), (1_000, false, false),
      (5_000, true, true),
    ] {
      #expect(memory.saw(bytes: bytes) == isNews)
      #expect(memory.isTight == isTight)
      #expect(memory.bytes == bytes)
    }
  }

  @Test("without a limit only looks on")
  func off() {
    var memory = MemoryGuard(bytesMax: 0)
    #expect(!memory.saw(bytes: .max) && !memory.isTight && memory.bytes == .max)
  }
}
