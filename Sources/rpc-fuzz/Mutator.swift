/// Makes inputs out of known ones. What the run of a number does depends on the corpus, the seed
/// and that number alone, so that any run can be repeated by itself.
struct Mutator {
  let corpus: [[UInt8]]
  let seed: UInt64
  private static let bytesMax = 64 << 10
  private static let interesting: [UInt8] = [0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF]

  func input(run: Int) -> (bytes: [UInt8], random: FuzzRandom) {
    var random = FuzzRandom(seed: seed &* 0x9E37_79B9 &+ UInt64(run))
    var bytes = corpus.randomElement(using: &random) ?? []
    for _ in 0..<Int.random(in: 0...6, using: &random) { mutate(&bytes, &random) }
    return (Array(bytes.prefix(Self.bytesMax)), random)
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let length = min(bytes.count - place, Int.random(in: 1...32, using: &random))
    switch Int.random(in: 0..<8, using: &random) {
    case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1 where place < bytes.count: bytes[place] = .random(in: 0...255, using: &random)
    case 2 where place < bytes.count:
      bytes[place] = Self.interesting.randomElement(using: &random) ?? 0
    case 3: bytes.removeSubrange(place..<place + length)
    case 4: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
    case 5: bytes.removeSubrange(place...)
    case 6:
      let other = corpus.randomElement(using: &random) ?? []
      let start = Int.random(in: 0...other.count, using: &random)
      bytes.insert(contentsOf: other[start...].prefix(256), at: place)
    default:
      let count = Int.random(in: 1...9, using: &random)
      bytes.insert(
        contentsOf: (0..<count).map { _ in .random(in: 0...255, using: &random) }, at: place)
    }
  }
}
