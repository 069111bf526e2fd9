import Foundation
import MartletProtobuf
import Testing

/// Bytes that somebody made in order to break us.
@Suite struct HostileBytesTests {
  /// A field with a length: tag, length, bytes.
  private func field(_ number: Int, _ value: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    value.withUnsafeBytes { ProtobufDelimited.append(field: number, encoded: $0, to: &bytes) }
    return bytes
  }

  // MARK: Text

  @Test(
    "text that is not UTF-8 is refused",
    arguments: [
      [0xff], [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
      [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xe2, 0x82], [0xf0, 0x80, 0x80, 0x80],
      [0xf0, 0x9f, 0xaa], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x28, 0xa1],
      Array("fifteen letters and more ".utf8) + [0xc3],
    ] as [[UInt8]])
  func invalidUTF8(text: [UInt8]) {
    #expect(throws: ProtobufDecodingError.invalidUTF8) {
      try Kinds.Small(protobufBytes: field(1, text))
    }
    #expect(throws: ProtobufDecodingError.invalidUTF8) {
      try Kinds.Repeats(protobufBytes: field(14, [0x61]) + field(14, text))
    }
    #expect(throws: ProtobufDecodingError.invalidUTF8) {
      try Kinds.Maps(protobufBytes: field(1, field(1, text)))
    }
    #expect(throws: ProtobufDecodingError.invalidUTF8) {
      try Kinds.Maps(protobufBytes: field(1, field(2, text)))
    }
    #expect(throws: ProtobufDecodingError.invalidUTF8) {
      try Kinds.Choices(protobufBytes: field(8, text))
    }
    #expect(throws: ProtobufDecodingError.invalidUTF8) {
      try Kinds.Optionals(protobufBytes: field(14, text))
    }
  }

  @Test("text is accepted if and only if the standard library finds it valid")
  func textAgainstStandardLibrary() throws {
    var random = SplitMix64(seed: 7)
    let pieces: [[UInt8]] = [
      Array("plain".utf8), Array("üß".utf8), Array("日本".utf8), Array("🪶".utf8), [0xed, 0x9f, 0xbf],
      [0xee, 0x80, 0x80], [0xf4, 0x8f, 0xbf, 0xbf], [0xc2], [0xe1, 0x80], [0xbf], [0xf1], [0],
    ]
    for _ in 0..<5_000 {
      var text: [UInt8] = []
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        text += pieces[Int.random(in: 0..<pieces.count, using: &random)]
      }
      let decoded = try? Kinds.Small(protobufBytes: field(2, text)).text
      #expect(decoded == String(validating: text, as: UTF8.self))
    }
  }

  @Test("every byte of a text is looked at, however long the text is")
  func everyByteOfText() throws {
    for count in 1...70 {
      let text = [UInt8](repeating: 0x7f, count: count)
      #expect(try Kinds.Small(protobufBytes: field(2, text)).text.utf8.elementsEqual(text))
      for index in 0..<count {
        var wrong = text
        wrong[index] = 0x80
        #expect(decodingError(Kinds.Small.self, field(2, wrong)) == .invalidUTF8)
      }
    }
  }

  @Test("a NUL inside a text does not end it")
  func embeddedNUL() throws {
    let message = Kinds.Maps(byString: ["a\0b": "\0"])
    #expect(try Kinds.Maps(protobufBytes: message.protobufBytes()) == message)
    let small = Kinds.Small(id: "id\0more", text: "\0")
    #expect(try Kinds.Small(protobufBytes: small.protobufBytes()) == small)
  }

  // MARK: Broken messages

  /// A message with something of everything.
  private let rich = Kinds.Forest(trees: [
    Kinds.Tree(
      leaf: 1, only: .init(leaf: -1), children: [.init(leaf: 2), .init()],
      named: ["x": .init(leaf: 3), "yy": .init(either: .left(.init(leaf: 4)))],
      either: .right(.init(tree: .init(), name: "long enough to be allocated")))
  ])

  @Test("a message that is cut off anywhere is refused or shorter, never misread")
  func truncated() throws {
    let bytes = rich.protobufBytes()
    for count in 0..<bytes.count {
      // One field with a length holds everything: no proper prefix but the empty one is whole.
      let decoded = try? Kinds.Forest(protobufBytes: Array(bytes.prefix(count)))
      #expect(decoded == (count == 0 ? Kinds.Forest() : nil))
    }
  }

  @Test("whatever bytes decode, their message has one encoding that decodes to the same")
  func mutated() {
    var random = SplitMix64(seed: 11)
    let bytes = rich.protobufBytes() + rich.protobufBytes()
    var decodedCount = 0
    for _ in 0..<6_000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        changed[Int.random(in: 0..<changed.count, using: &random)] =
          UInt8.random(in: 0...255, using: &random)
      }
      guard let decoded = try? Kinds.Forest(protobufBytes: changed) else { continue }
      decodedCount += 1
      #expect((try? Kinds.Forest(protobufBytes: decoded.protobufBytes())) == decoded)
    }
    #expect(decodedCount > 0)
  }

  @Test(
    "bytes that are not protobuf are malformed",
    arguments: [
      [0x08], [0x0a, 0x05, 0x61], [0x0f], [0x0e, 0x00], [0x18, 0x80],
      [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0x18] + [UInt8](repeating: 0xff, count: 11),
      // Field number 0, in one byte and in more.
      [0x00, 0x00], [0x80, 0x00, 0x00], [0x02, 0x00], [0x03, 0x04],
      // Tags of more than 32 bits, and of more than five bytes.
      [0xff, 0xff, 0xff, 0xff, 0x1f, 0x00], [0x98, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01],
      // Groups without an end, with another's end, and an end without a group.
      [0x0b], [0x0b, 0x14], [0x0b, 0x13, 0x0c, 0x14], [0x0c],
    ] as [[UInt8]])
  func malformed(bytes: [UInt8]) {
    #expect(throws: ProtobufDecodingError.malformed) { try Kinds.Small(protobufBytes: bytes) }
  }

  // MARK: Nesting

  /// Each way in which a Tree can hold a Tree, as a function from the inner to the outer bytes.
  private var nestings: [(name: String, levels: Int, wrap: ([UInt8]) -> [UInt8])] {
    [
      ("a field", 1, { field(2, $0) }),
      ("a list", 1, { field(3, $0) }),
      ("a map", 2, { field(4, field(2, $0)) }),
      ("a oneof", 1, { field(5, $0) }),
      ("another message", 2, { field(6, field(1, $0)) }),
    ]
  }

  @Test("messages are decoded 100 levels deep, and refused beyond")
  func depthLimit() throws {
    for nesting in nestings {
      var bytes = Kinds.Tree(leaf: 1).protobufBytes()
      for _ in 0..<(100 / nesting.levels) { bytes = nesting.wrap(bytes) }
      #expect(throws: Never.self, "\(nesting.name)") { try Kinds.Tree(protobufBytes: bytes) }
      bytes = nesting.wrap(bytes)
      #expect(throws: ProtobufDecodingError.tooDeep, "\(nesting.name)") {
        try Kinds.Tree(protobufBytes: bytes)
      }
    }
  }

  @Test("a message nested 50,000 deep is refused on a small stack")
  func veryDeep() async {
    // Built inside out by lengths, since wrapping copies all that is inside.
    var lengths: [Int] = [0]
    for _ in 0..<50_000 {
      lengths.append(
        ProtobufDelimited.byteCount(field: 2, valueByteCount: lengths[lengths.count - 1]))
    }
    var bytes: [UInt8] = []
    for length in lengths.dropLast().reversed() {
      bytes.append(2 << 3 | 2)
      var rest = length
      while rest >= 0x80 {
        bytes.append(UInt8(rest & 0x7f) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
    }
    let hostile = bytes
    #expect(await onSmallStack { decodingError(Kinds.Tree.self, hostile) } == .tooDeep)
    #expect(await onSmallStack { decodingError(Kinds.Forest.self, field(1, hostile)) } == .tooDeep)
    // To a type without such a field it is an unknown field, which nobody looks into.
    #expect(await onSmallStack { decodingError(Kinds.Nothing.self, hostile) } == nil)
  }

  private func decodingError<M: ProtobufMessage>(
    _ type: M.Type, _ bytes: [UInt8]
  ) -> ProtobufDecodingError? {
    do {
      _ = try M(protobufBytes: bytes)
      return nil
    } catch {
      return error
    }
  }

  private func onSmallStack<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
    await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: body()) }
      thread.stackSize = 256 << 10
      thread.start()
    }
  }

  // MARK: Memory

  private func repeated(_ bytes: [UInt8], byteCount: Int) -> [UInt8] {
    var result = bytes
    while result.count < byteCount { result += result }
    return result
  }

  @Test("a large message of nothing but empty parts is refused")
  func amplification() {
    let entries: [(type: any ProtobufMessage.Type, field: Int)] = [
      (Kinds.Repeats.self, 17), (Kinds.Repeats.self, 14), (Kinds.Maps.self, 7),
      (Kinds.Forest.self, 1), (Kinds.Nothing.self, 1),
    ]
    for entry in entries {
      let bytes = repeated(field(entry.field, []), byteCount: 4 << 20)
      #expect(decodingError(entry.type, bytes) == .tooLarge)
    }
  }

  @Test("ten thousand small parts are no attack")
  func manySmallParts() throws {
    let trees = Kinds.Forest(trees: Array(repeating: .init(), count: 10_000))
    #expect(try Kinds.Forest(protobufBytes: trees.protobufBytes()) == trees)
    let texts = Kinds.Repeats(strings: Array(repeating: "", count: 10_000))
    #expect(try Kinds.Repeats(protobufBytes: texts.protobufBytes()) == texts)
  }

  @Test("the memory for decoding is bounded by the size of the message and by 256 MiB")
  func budget() {
    #expect(ProtobufArena.decodingBudget(forByteCount: 0) == 4 << 20)
    #expect(ProtobufArena.decodingBudget(forByteCount: 1 << 20) == 20 << 20)
    #expect(ProtobufArena.decodingBudget(forByteCount: 16 << 20) == 256 << 20)
    #expect(ProtobufArena.decodingBudget(forByteCount: .max) == 256 << 20)
  }

  @Test("after a refusal the thread decodes as before")
  func afterRefusal() throws {
    let hostile = repeated([0x0a, 0], byteCount: 4 << 20)
    for _ in 0..<3 {
      #expect(decodingError(Kinds.Forest.self, hostile) == .tooLarge)
      #expect(try Kinds.Forest(protobufBytes: rich.protobufBytes()) == rich)
    }
  }
}
