/// Reads the peer's files: the name of a type and a message, each after its length in 32 bits.
struct PeerRecords {
  let data: [UInt8]
  private var offset = 0

  init(data: [UInt8]) { self.data = data }

  mutating func next() throws -> (name: String, message: [UInt8])? {
    guard offset < data.count else { return nil }
    return (String(decoding: try take(), as: UTF8.self), try take())
  }

  private mutating func take() throws -> [UInt8] {
    guard offset + 4 <= data.count else {
      throw PythonPeer.Failure(description: "a record is cut off")
    }
    let count = data[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
    offset += 4
    guard offset + count <= data.count else {
      throw PythonPeer.Failure(description: "a record is cut off")
    }
    defer { offset += count }
    return Array(data[offset..<offset + count])
  }
}
