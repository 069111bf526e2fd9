import Testing

@testable import MartletHTTP2

@Suite("Byte queues") struct ByteQueueTests {
  @Test("what goes in comes out in order, through growth and wrap")
  func order() {
    let queue = ByteQueue()
    defer { queue.deallocate() }
    var expected: [UInt8] = []
    var next: UInt8 = 0
    for round in 1..<400 {
      let part = (0..<round % 97).map { _ -> UInt8 in
        next &+= 1
        return next
      }
      part.withUnsafeBytes { queue.append($0) }
      expected += part
      let taken = min(queue.count, round % 61)
      #expect(Array(queue.readable.prefix(taken)) == Array(expected.prefix(taken)))
      queue.discard(taken)
      expected.removeFirst(taken)
    }
    #expect(Array(queue.readable) == expected)
  }

  @Test("a reset queue is empty and can be used again")
  func reset() {
    let queue = ByteQueue()
    defer { queue.deallocate() }
    queue.reserve(1 << 20).initializeMemory(as: UInt8.self, repeating: 1)
    queue.reset()
    #expect(queue.isEmpty)
    queue.reserve(3).copyBytes(from: [1, 2, 3])
    #expect(Array(queue.readable) == [1, 2, 3])
  }
}
