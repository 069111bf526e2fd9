import MartletStore

/// A promise that was broken.
struct Violation: Error, CustomStringConvertible {
  var description: String
}

func require(_ holds: Bool, _ promise: @autoclosure () -> String) throws(Violation) {
  if !holds { throw Violation(description: promise()) }
}

/// For a store that was not told to fail.
func storing<Value>(_ body: () throws(StoreFailure) -> Value) throws(Violation) -> Value {
  do throws(StoreFailure) {
    return try body()
  } catch {
    throw Violation(description: "a store failed without being told to: \(error)")
  }
}
