import Foundation
import MartletProtobuf
import Testing

/// What the wire format says about messages from other versions and other writers.
@Suite struct WireTests {
  private func field(_ number: Int, _ value: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    value.withUnsafeBytes { ProtobufDelimited.append(field: number, encoded: $0, to: &bytes) }
    return bytes
  }

  @Test("unknown fields are dropped")
  func unknownFields() throws {
    let small = Kinds.Small(id: "a", number: 3)
    let unknown: [UInt8] = [
      0xf8, 0x01, 5,  // field 31, a number
      0xf9, 0x01, 1, 2, 3, 4, 5, 6, 7, 8,  // field 31, 64 bits
      0xfa, 0x01, 2, 0xff, 0xff,  // field 31, bytes
      0xfd, 0x01, 1, 2, 3, 4,  // field 31, 32 bits
      0xfb, 0x01, 0x08, 1, 0x13, 0x14, 0xfc, 0x01,  // field 31, a group with a number and a group
    ]
    let decoded = try Kinds.Small(protobufBytes: unknown + small.protobufBytes() + unknown)
    #expect(decoded == small)
    #expect(decoded.protobufBytes() == small.protobufBytes())
  }

  @Test("a field of another wire type than the schema says is an unknown field")
  func otherWireTypes() throws {
    let small = Kinds.Small(id: "a", number: 3)
    let others: [UInt8] = [
      0x08, 1,  // `id`, a text, as a number
      0x0d, 1, 2, 3, 4,  // as 32 bits
      0x0b, 0x0c,  // as a group
      0x22, 1, 7,  // `number` as bytes
      0x19, 1, 2, 3, 4, 5, 6, 7, 8,  // `time` as 64 bits
    ]
    #expect(try Kinds.Small(protobufBytes: small.protobufBytes() + others) == small)
    // To protobuf-c a `bool` is a `bool` however it comes.
    for wrong in [[0x6d, 1, 0, 0, 0], [0x69, 1, 0, 0, 0, 0, 0, 0, 0], [0x6a, 1, 1]] as [[UInt8]] {
      #expect(try Kinds.Scalars(protobufBytes: wrong) == Kinds.Scalars())
      #expect(try Kinds.Scalars(protobufBytes: [0x68, 1] + wrong).aBool)
    }
    #expect(try Kinds.Repeats(protobufBytes: [0x6d, 1, 0, 0, 0, 0x6a, 1, 1]).bools == [true])
    // One that holds other messages takes another way.
    let tree = Kinds.Tree(leaf: 1, only: .init(leaf: 2))
    let inTree: [UInt8] = [0x10, 5, 0x1b, 0x1c, 0x0a, 0]
    #expect(try Kinds.Tree(protobufBytes: tree.protobufBytes() + inTree) == tree)
  }

  @Test("an unknown number of an enum is kept", arguments: [77, -5, .max, .min] as [Int32])
  func unknownEnumValue(number: Int32) throws {
    let message = Kinds.Scalars(aColor: .init(rawValue: number))
    let decoded = try Kinds.Scalars(protobufBytes: message.protobufBytes())
    #expect(decoded.aColor.rawValue == number)
    #expect(decoded == message)
  }

  @Test("an enum's values are known by name and number")
  func enumValues() {
    #expect(Kinds.Color(rawValue: 1) == .red)
    #expect(Kinds.Color.crimson == .red)
    #expect(Kinds.Color(rawValue: 77) == .unrecognized(77))
    #expect(Kinds.Color.unrecognized(77).rawValue == 77)
    #expect(Kinds.Color.below.protobufName == "COLOR_BELOW")
    #expect(Kinds.Color.unrecognized(77).protobufName == "77")
    #expect(Kinds.Color.allCases == [.unspecified, .red, .default, .color3d, .far, .below])
  }

  @Test("the last member of a oneof counts, also when it is empty")
  func lastOneofMember() throws {
    let left = Kinds.Choices(choice: .aString("x"), otherChoice: .left("left"))
    let right = Kinds.Choices(choice: .aMessage(.init()), otherChoice: .right(""))
    let decoded = try Kinds.Choices(protobufBytes: left.protobufBytes() + right.protobufBytes())
    #expect(decoded == right)
  }

  @Test("the last entry of a map counts for its key")
  func lastMapEntry() throws {
    let bytes = [1, 2, 3].flatMap { Kinds.Maps(byInt32: [5: $0]).protobufBytes() }
    #expect(try Kinds.Maps(protobufBytes: bytes) == Kinds.Maps(byInt32: [5: 3]))
  }

  @Test("an entry of a map without key or value has their defaults")
  func incompleteMapEntry() throws {
    let expected = Kinds.Maps(byString: ["": ""], byInt32: [0: 0], byFixed64: [0: .init()])
    let bytes = field(1, []) + field(2, []) + field(7, [])
    #expect(try Kinds.Maps(protobufBytes: bytes) == expected)
  }

  @Test("numbers in a list are read packed and one by one")
  func packedAndUnpacked() throws {
    let packed = field(3, [1, 2, 3])
    let single: [UInt8] = [0x18, 4, 0x18, 5]
    #expect(try Kinds.Repeats(protobufBytes: packed + single).int32s == [1, 2, 3, 4, 5])
  }

  @Test("equal maps have equal bytes, whatever order they were filled in")
  func mapsAreSorted() {
    let keys = (0..<200).map { "key \($0)" }
    var forward = Kinds.Maps()
    var backward = Kinds.Maps()
    for key in keys { forward.byString[key] = "value of \(key)" }
    for key in keys.reversed() { backward.byString[key] = "value of \(key)" }
    #expect(forward.protobufBytes() == backward.protobufBytes())
  }

  @Test("presence is kept: unset, set to the default and set are three things")
  func presence() throws {
    for value in [nil, 0, 7] as [Int32?] {
      let message = Kinds.Optionals(anInt32: value, aString: value.map { _ in "" })
      let decoded = try Kinds.Optionals(protobufBytes: message.protobufBytes())
      #expect(decoded.anInt32 == value)
      #expect(decoded.aString == value.map { _ in "" })
    }
  }

  @Test("negative zero is sent where presence is, and elsewhere arrives as zero")
  func negativeZero() throws {
    let optional = Kinds.Optionals(aDouble: -0.0)
    #expect(try Kinds.Optionals(protobufBytes: optional.protobufBytes()).aDouble?.sign == .minus)
    let plain = Kinds.Scalars(aDouble: -0.0)
    #expect(try Kinds.Scalars(protobufBytes: plain.protobufBytes()).aDouble.sign == .plus)
  }

  @Test("a message may hold another of its own type, and copies are independent")
  func recursion() throws {
    var tree = Kinds.Tree(leaf: 1, only: .init(leaf: 2, either: .left(.init(leaf: 3))))
    let copy = tree
    tree.only?.leaf = 20
    #expect(copy.only?.leaf == 2)
    #expect(tree != copy)
    #expect(try Kinds.Tree(protobufBytes: tree.protobufBytes()) == tree)
  }

  @Test("a message is written in one piece of exactly its size, also when it is empty or large")
  func exactSize() {
    for count in [0, 1, 15, 100, 2000, 100_000] {
      let message = Kinds.Small(text: String(repeating: "x", count: count))
      var reserved: [Int] = []
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 1)
      defer { memory.deallocate() }
      memory.initializeMemory(as: UInt8.self, repeating: 0xee)
      message.encodeProtobuf { byteCount in
        reserved.append(byteCount)
        return memory
      }
      #expect(reserved == [message.protobufBytes().count])
      #expect(memory[reserved[0]] == 0xee)
      #expect(memory.prefix(reserved[0]).elementsEqual(message.protobufBytes()))
    }
  }

  @Test("other messages can be coded while room is made for one")
  func codingInsideCoding() throws {
    let inner = Kinds.Repeats(strings: (0..<5000).map { "inner \($0)" })
    let outer = Kinds.Repeats(strings: (0..<5000).map { "outer \($0)" })
    var bytes: [UInt8] = []
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 1)
    defer { memory.deallocate() }
    outer.encodeProtobuf { byteCount in
      bytes = inner.protobufBytes()
      #expect((try? Kinds.Repeats(protobufBytes: bytes)) == inner)
      return UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
    }
    #expect(bytes == inner.protobufBytes())
    let written = UnsafeRawBufferPointer(rebasing: memory[..<outer.protobufBytes().count])
    #expect(try Kinds.Repeats(protobufBytes: written) == outer)
  }

  @Test("threads do not share what they code with")
  func manyThreads() async throws {
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<16 {
        group.addTask {
          (0..<500).allSatisfy { index in
            let message = Kinds.Small(
              id: "\(task)", text: String(repeating: "\(index) ", count: index * 10))
            return (try? Kinds.Small(protobufBytes: message.protobufBytes())) == message
          }
        }
      }
      for await same in group { #expect(same) }
    }
  }

  @Test("a thread that ends can still code messages")
  func endingThread() {
    struct Ending {
      var key = pthread_key_t()
      var isSame = false
    }
    let ending = UnsafeMutablePointer<Ending>.allocate(capacity: 1)
    defer { ending.deallocate() }
    ending.initialize(to: Ending())
    _ = Kinds.Small(text: "makes the key of what threads code with, if there is none")
      .protobufBytes()
    // A younger key's destructor runs after those of the older ones.
    pthread_key_create(&ending.pointee.key) { memory in
      let ending = memory?.assumingMemoryBound(to: Ending.self)
      let message = Kinds.Small(id: "late", text: String(repeating: "x", count: 100_000))
      ending?.pointee.isSame = (try? Kinds.Small(protobufBytes: message.protobufBytes())) == message
    }
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { memory in
        _ = Kinds.Small(text: "first").protobufBytes()
        guard let ending = memory?.assumingMemoryBound(to: Ending.self) else { return nil }
        pthread_setspecific(ending.pointee.key, ending)
        return nil
      }, ending)
    #expect(result == 0)
    pthread_join(thread, nil)
    pthread_key_delete(ending.pointee.key)
    #expect(ending.pointee.isSame)
  }

  @Test("a message put together from encoded parts is the message of those parts")
  func delimitedParts() throws {
    let messages = (0..<300).map { Kinds.Small(id: "\($0)", revision: UInt64($0)) }
    var bytes: [UInt8] = []
    for message in messages {
      let before = bytes.count
      ProtobufDelimited.append(field: 17, message, to: &bytes)
      let size = message.protobufBytes().count
      #expect(bytes.count - before == ProtobufDelimited.byteCount(field: 17, valueByteCount: size))
    }
    ProtobufDelimited.append(field: 14, "text", to: &bytes)
    ProtobufDelimited.append(field: 14, "", to: &bytes)
    let decoded = try Kinds.Repeats(protobufBytes: bytes)
    #expect(decoded == Kinds.Repeats(strings: ["text"], messages: messages))
  }

  @Test("names that mean something in Swift or C can be fields")
  func awkwardNames() throws {
    let names = Kinds.Names(
      default: "1", in: "2", self_: "3", init_: "4", class: "5", c: "6", arena: "7", value: "8",
      entries: ["9"], elements: ["10": .init(string: "10")], index: "11", fooBar: "12",
      sha256: "13", switch: .case("14"), aString: .init(int32: [16]))
    #expect(try Kinds.Names(protobufBytes: names.protobufBytes()) == names)
  }
}
