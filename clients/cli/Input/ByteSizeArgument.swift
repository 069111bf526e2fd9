internal import ArgumentParser

/// A number of bytes: `4096`, `64KiB`, `8MiB`, `1MB`.
struct ByteSizeArgument: ExpressibleByArgument, Equatable, Sendable {
  var bytes: Int

  init(bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let number = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = argument.dropFirst(number.count).lowercased()
    let sizes = [
      "": 1.0, "b": 1, "kib": 1_024, "mib": 1_048_576, "gib": 1_073_741_824, "kb": 1e3,
      "mb": 1e6, "gb": 1e9,
    ]
    guard let value = Double(number), let size = sizes[unit], value * size < 1e15 else {
      return nil
    }
    bytes = Int(value * size)
  }

  var defaultValueDescription: String { ByteSize.text(Int64(bytes)) }
}

/// Numbers of bytes for people.
enum ByteSize {
  /// `17 B`, `1.2 KiB`, `640 MiB`.
  static func text(_ bytes: Int64) -> String {
    if bytes < 1_024 { return "\(bytes) B" }
    var value = Double(bytes) / 1_024
    var units = ["KiB", "MiB", "GiB", "TiB"][...]
    while value >= 1_023.95, units.count > 1 {
      value /= 1_024
      units.removeFirst()
    }
    let digits = value < 9.95 ? 1 : 0
    return "\(value.text(digits: digits)) \(units.first ?? "TiB")"
  }
}

extension Double {
  /// With a fixed number of digits behind the point, rounded.
  func text(digits: Int) -> String {
    guard isFinite, abs(self) < 1e15 else { return "\(self)" }
    var power = 1.0
    for _ in 0..<digits { power *= 10 }
    let scaled = Int64((abs(self) * power).rounded())
    let sign = self < 0 && scaled != 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % Int64(power))
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return "\(sign)\(scaled / Int64(power)).\(zeros)\(fraction)"
  }
}
