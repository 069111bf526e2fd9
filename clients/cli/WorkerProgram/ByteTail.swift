/// The last bytes of a stream.
struct ByteTail {
  let bytesMax: Int
  private var bytes: [UInt8] = []

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  mutating func append(_ more: some Collection<UInt8>) {
    bytes += more.suffix(bytesMax)
    if bytes.count > 4 * bytesMax { bytes.removeFirst(bytes.count - bytesMax) }
  }

  /// Whole lines as far as they fit, without the empty ones around them.
  var text: String {
    var tail = bytes.suffix(bytesMax)
    if tail.count < bytes.count, let end = tail.firstIndex(of: UInt8(ascii: "\n")),
      end + 1 < tail.endIndex
    {
      tail = tail[(end + 1)...]
    }
    let text = String(decoding: tail, as: UTF8.self)
    let isBlank = { (character: Character) in character.isWhitespace }
    let start = text.drop(while: isBlank)
    guard let last = start.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(start[...last])
  }
}
