import MartletProtobuf
import Testing

/// Messages that come in pieces: what is said of one field is joined as the specification says.
@Suite struct MergeTests {
  private func merged(_ pieces: [Kinds.Pieces]) throws -> Kinds.Pieces {
    try Kinds.Pieces(protobufBytes: pieces.flatMap { $0.protobufBytes() })
  }

  @Test("a message field that occurs twice has the fields of both, the last value of each")
  func singleMessages() throws {
    let first = Kinds.Pieces(number: 1, text: "first", note: "", numbers: [1, 2])
    let second = Kinds.Pieces(text: "second", numbers: [3])
    let both = Kinds.Pieces(number: 1, text: "second", note: "", numbers: [1, 2, 3])
    #expect(try merged([.init(plain: first), .init(plain: second)]) == .init(plain: both))
    #expect(try merged([.init(maybe: first), .init(maybe: second)]) == .init(maybe: both))
    let left = try merged([.init(choice: .left(first)), .init(choice: .left(second))])
    #expect(left == .init(choice: .left(both)))
  }

  @Test("pieces are joined on every level, also within lists and maps")
  func deepPieces() throws {
    let first = Kinds.Pieces(plain: .init(plain: .init(maybe: .init(number: 1))))
    let second = Kinds.Pieces(plain: .init(plain: .init(maybe: .init(text: "2"), number: 3)))
    let both = Kinds.Pieces(
      plain: .init(plain: .init(maybe: .init(number: 1, text: "2"), number: 3)))
    #expect(try merged([first, second]) == both)
    var entry: [UInt8] = []
    for piece in [first, second] { ProtobufDelimited.append(field: 2, piece, to: &entry) }
    var bytes: [UInt8] = []
    entry.withUnsafeBytes { ProtobufDelimited.append(field: 6, encoded: $0, to: &bytes) }
    let joined = first.protobufBytes() + second.protobufBytes()
    joined.withUnsafeBytes { ProtobufDelimited.append(field: 7, encoded: $0, to: &bytes) }
    #expect(try Kinds.Pieces(protobufBytes: bytes) == .init(named: ["": both], list: [both]))
  }

  @Test("a member of a oneof that another has replaced in between begins anew")
  func replacedMembers() throws {
    let left = { Kinds.Pieces(choice: .left(.init(number: $0))) }
    let others: [Kinds.Pieces] = [
      .init(choice: .right(.init())), .init(choice: .neither("")),
    ]
    for other in others {
      let decoded = try merged([left(1), other, .init(choice: .left(.init(text: "new")))])
      #expect(decoded == .init(choice: .left(.init(text: "new"))))
      #expect(try merged([left(1), left(2), other]) == other)
    }
  }

  @Test("entries of maps and lists are not joined")
  func listsAndMaps() throws {
    let first = Kinds.Pieces(named: ["a": .init(number: 1)], list: [.init(number: 1)])
    let second = Kinds.Pieces(named: ["a": .init(text: "2")], list: [.init(text: "2")])
    let decoded = try merged([first, second])
    #expect(decoded.named == ["a": .init(text: "2")])
    #expect(decoded.list == [.init(number: 1), .init(text: "2")])
  }

  @Test("ten thousand pieces of a message a hundred levels deep are read in their turn")
  func manyPieces() throws {
    var piece = Kinds.Pieces(numbers: [7])
    for _ in 0..<99 { piece = .init(plain: piece) }
    var decoded = try merged(Array(repeating: piece, count: 10_000))
    while let inner = decoded.plain { decoded = inner }
    #expect(decoded.numbers == Array(repeating: 7, count: 10_000))
  }
}
