/// A case that did not go as its description says.
public struct InteropFailure: Error, CustomStringConvertible {
  public var description: String
}

/// Fails the case unless both are the same.
func expect<Value: Equatable>(_ what: String, _ found: Value, _ wanted: Value) throws {
  guard found == wanted else {
    throw InteropFailure(description: "\(what) is \(found), not \(wanted)")
  }
}
