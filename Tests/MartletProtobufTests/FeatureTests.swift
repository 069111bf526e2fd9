import MartletProtobuf
import Testing

/// The corners of proto3 in features.proto and imports.proto.
@Suite struct FeatureTests {
  @Test("fields with numbers at the limits of tags are read and written")
  func numbers() throws {
    let message = Kinds.Numbers(
      first: -1, oneByte: "15", twoBytes: "16", twoBytesEnd: .init(id: "2047"),
      threeBytes: [1, -1], threeBytesEnd: [0], fourBytes: "", around: .above(.red),
      fourBytesEnd: [-1: "x"], fiveBytes: [.init(), .init(id: "y")], last: [1, .max])
    let bytes = message.protobufBytes()
    #expect(try Kinds.Numbers(protobufBytes: bytes) == message)
    // The last number there is, 2²⁹ - 1, with the wire type of 64 bits.
    let tag: [UInt8] = [0xf9, 0xff, 0xff, 0xff, 0x0f]
    #expect(
      Array(bytes.suffix(26)) == (tag + [1] + [UInt8](repeating: 0, count: 7))
        + (tag + [UInt8](repeating: 0xff, count: 8)))
  }

  @Test("fields can be called like words of Swift and C, and like what is generated")
  func words() throws {
    var words = Kinds.Words(
      as: true, await: true, some: true, base: true, protobufName: true, nList: true,
      list: [true, false], pairCase: true, pair: .none(true), errno: true, messageTypes: true)
    #expect(try Kinds.Words(protobufBytes: words.protobufBytes()) == words)
    words.pair = .wrapped(.init(pair: .someText("")))
    #expect(try Kinds.Words(protobufBytes: words.protobufBytes()) == words)
  }

  @Test("types can be called like those of Swift, of the runtime, and of what is around them")
  func scopes() throws {
    let scopes = Kinds.Scopes(
      optional: .init(array: "a"), array: .init(optional: [.init(array: "b")]),
      dictionary: .init(dictionary: ["c": .init()]), self_: .init(protocol: .unrecognized(7)),
      swift: .init(number: 1), message: .init(error: .unspecified), arena: .init(bytes: [1]),
      sendable: .init(sendable: true), bool: .init(bool: true), uint8: .init(bytes: [2]),
      scopes: .init(scopes: .init(scopes: "d")), word: .self_)
    #expect(try Kinds.Scopes(protobufBytes: scopes.protobufBytes()) == scopes)
  }

  @Test("values of enums can be called like words of Swift; other names for one are its aliases")
  func enumValues() {
    #expect(Kinds.Word(rawValue: 12) == .unrecognized_)
    #expect(Kinds.Word(rawValue: 99) == .unrecognized(99))
    #expect(Kinds.Word(rawValue: .min) == .bottom)
    #expect(Kinds.Word.bottom == .lowest)
    #expect(Kinds.Word.minusOne.rawValue == -1)
    #expect(Kinds.Word.allCases.count == 16)
    #expect(Kinds.Word.allCases.contains(.allCases_))
  }

  @Test("what a file reserves, deprecates or names for JSON changes nothing on the wire")
  func marks() throws {
    let marked = Kinds.Marked(old: "o", here: "h", age: .old)
    let bytes: [UInt8] = [0x0a, 1, 0x6f, 0x1a, 1, 0x68, 0x38, 1]
    #expect(marked.protobufBytes() == bytes)
    // A reserved number is an unknown field.
    #expect(try Kinds.Marked(protobufBytes: bytes + [0x10, 7]) == marked)
  }

  @Test("messages and enums of other files and packages are those of their namespaces")
  func imports() throws {
    let imported = Kinds.Imported(
      small: .init(id: "s"), nested: .init(depth: .shallow),
      part: .init(name: "p", inner: .init(finishes: [.raw], seal: []), finish: .polished),
      byName: ["n": Parts.Part(finish: .unrecognized(9))], finish: .unspecified,
      choice: .text(KnownKinds.StringValue(value: "t")))
    #expect(try Kinds.Imported(protobufBytes: imported.protobufBytes()) == imported)
  }

  @Test("a value of google.protobuf.Struct is read 100 levels deep, and refused beyond")
  func structs() throws {
    var value = KnownKinds.Value(
      kind: .structValue(.init(fields: ["a": .init(kind: .boolValue(true))])))
    for _ in 0..<49 { value = .init(kind: .listValue(.init(values: [value]))) }
    var bytes = value.protobufBytes()
    // 49 pairs of value and list, then struct, entry and value.
    #expect(throws: ProtobufDecodingError.tooDeep) { try KnownKinds.Value(protobufBytes: bytes) }
    value = .init(kind: .numberValue(1))
    for _ in 0..<50 { value = .init(kind: .listValue(.init(values: [value]))) }
    bytes = value.protobufBytes()
    #expect(try KnownKinds.Value(protobufBytes: bytes) == value)
  }
}
