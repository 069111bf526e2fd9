import MartletHTTP2
import Testing

@testable import MartletRPC

@Suite("The wire form") struct WireTests {
  @Test(
    "timeouts are one to eight digits and a unit",
    arguments: [
      ("1S", 1_000_000_000), ("250m", 250_000_000), ("7u", 7_000), ("0n", 0),
      ("2M", 120_000_000_000),
      ("99999999H", UInt64(Int64.max)), ("5", nil), ("S", nil), ("-1S", nil), ("1x", nil),
      ("123456789S", nil), ("", nil), ("1 S", nil),
    ] as [(String, UInt64?)])
  func timeouts(text: String, expected: UInt64?) {
    let parsed = Array(text.utf8).withUnsafeBytes { GRPCTimeout.parse($0) }
    #expect(parsed == expected)
  }

  @Test("a timeout is written in the finest unit that fits, never too short")
  func formatTimeout() {
    for nanoseconds: UInt64 in [1, 99_999_999, 100_000_000, 123_456_789_012, 86_400_000_000_000] {
      let text = GRPCTimeout.format(nanoseconds: nanoseconds)
      let parsed = Array(text.utf8).withUnsafeBytes { GRPCTimeout.parse($0) } ?? 0
      #expect(text.count <= 9)
      #expect(parsed >= nanoseconds && parsed <= nanoseconds + nanoseconds / 1000 + 1)
    }
  }

  @Test("messages are percent-encoded and read leniently")
  func percentCoding() {
    #expect(String(decoding: PercentCoding.encode("50 % ä\n"), as: UTF8.self) == "50 %25 %C3%A4%0A")
    #expect(PercentCoding.decode(Array("50 %25 %C3%A4%0A".utf8)) == "50 % ä\n")
    #expect(PercentCoding.decode(Array("bad %zz %4".utf8)) == "bad %zz %4")
    #expect(PercentCoding.decode(Array("%FF".utf8)) == "\u{FFFD}")
  }

  @Test("base64 is written without padding and read with or without")
  func base64() {
    for bytes: [UInt8] in [[], [1], [1, 2], [1, 2, 3], Array(0...255)] {
      let text = Base64.encode(bytes)
      #expect(!text.contains(UInt8(ascii: "=")))
      #expect(Base64.decode(text) == bytes)
      let padded = text + [UInt8](repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4)
      #expect(Base64.decode(padded) == bytes)
    }
    #expect(Base64.decode(Array("a".utf8)) == nil)
    #expect(Base64.decode(Array("ab!d".utf8)) == nil)
  }

  @Test("messages are found whatever the frame boundaries are")
  func assembler() throws {
    let queue = ByteQueue()
    defer { queue.deallocate() }
    var assembler = MessageAssembler(messageBytesMax: 10)
    var found: [[UInt8]] = []
    for byte: UInt8 in [0, 0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9] {
      [byte].withUnsafeBytes { queue.append($0) }
      try assembler.scan(queue)
      while let length = assembler.firstMessageLength(queue) {
        found.append(Array(queue.readable[5..<5 + length]))
        queue.discard(5 + length)
        assembler.removed(messageLength: length)
      }
    }
    #expect(found == [[7, 8], [], [9]])
    #expect(!assembler.hasPartialMessage(queue))
  }

  @Test(
    "a prefix alone decides",
    arguments: [
      ([0, 255, 255, 255, 255], StatusCode.resourceExhausted), ([1, 0, 0, 0, 1], .internalError),
      ([2, 0, 0, 0, 1], .internalError), ([0, 0, 0, 0, 11], .resourceExhausted),
    ] as [([UInt8], StatusCode)])
  func prefix(bytes: [UInt8], code: StatusCode) {
    let queue = ByteQueue()
    defer { queue.deallocate() }
    bytes.withUnsafeBytes { queue.append($0) }
    var assembler = MessageAssembler(messageBytesMax: 10)
    #expect { try assembler.scan(queue) } throws: { ($0 as? RPCStatus)?.code == code }
  }

  @Test("addresses name a host and port, or a path")
  func addresses() throws {
    #expect(try RPCAddress("127.0.0.1:7411") == .tcp(host: "127.0.0.1", port: 7411))
    #expect(try RPCAddress("[::1]:1") == .tcp(host: "::1", port: 1))
    #expect(try RPCAddress("unix:/run/x") == .unix(path: "/run/x"))
    for bad in ["", "host", ":1", "h:70000", "::1:5", "unix:", "h:x"] {
      #expect(throws: RPCStatus.self) { try RPCAddress(bad) }
    }
  }

  @Test("deadlines come in order, and removed ones do not come")
  func deadlines() {
    final class Holder: DeadlineHolder {
      var deadlineIndex = -1
      let number: Int
      init(_ number: Int) { self.number = number }
      func deadlinePassed() {}
    }
    var heap = DeadlineHeap()
    let holders = (0..<200).map { Holder(($0 * 73) % 200) }
    for holder in holders { heap.insert(holder, at: UInt64(holder.number)) }
    for holder in holders where holder.number % 3 == 0 { heap.remove(holder) }
    let order = heap.takeExpired(at: 150).compactMap { ($0 as? Holder)?.number }
    #expect(order == (0...150).filter { $0 % 3 != 0 })
    #expect(heap.earliest == 151)
  }
}
