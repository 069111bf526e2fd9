/// Names for requests, so that a repeated submit is known as such.
package enum RequestID {
  /// 128 random bits as 32 hexadecimal digits.
  package static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    return [generator.next(), generator.next()].map { (half: UInt64) in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
