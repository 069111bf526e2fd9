/// Options as gRPC's interoperability tests spell them: `--name=value` or `--name value`.
public struct InteropOptions: Sendable {
  private var values: [String: String] = [:]

  /// What is wrong with the command line, in one sentence.
  public struct Problem: Error, CustomStringConvertible {
    public var description: String
    public init(description: String) { self.description = description }
  }

  public init(_ arguments: [String], known: Set<String>) throws {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0].drop { $0 == "-" })
      guard argument.hasPrefix("--"), known.contains(name) else {
        throw Problem(description: "unknown option \(argument)")
      }
      guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
        throw Problem(description: "--\(name) needs a value")
      }
      values[name] = value
    }
  }

  public subscript(_ name: String) -> String? { values[name] }

  public func number(_ name: String, default fallback: Int) throws -> Int {
    guard let value = values[name] else { return fallback }
    guard let number = Int(value), number >= 0 else {
      throw Problem(description: "--\(name) is \"\(value)\": use a whole number")
    }
    return number
  }
}
