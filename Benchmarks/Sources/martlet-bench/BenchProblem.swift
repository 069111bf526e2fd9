import Glibc

/// Why the bench cannot go on, in one sentence.
struct BenchProblem: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }

  /// A call of the system that has just failed.
  static func system(_ what: String) -> BenchProblem {
    BenchProblem("\(what): \(String(cString: strerror(errno)))")
  }
}
