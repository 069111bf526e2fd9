import Foundation

/// A directory of a test's own; gone when the process ends well.
struct TestDirectory: Sendable {
  let path: String

  init() {
    path = "\(Self.root)/\(UUID().uuidString)"
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// A copy as it is at this moment, made by another process: closing a file that SQLite has open
  /// in this one would drop SQLite's locks.
  func copy() throws -> TestDirectory {
    let copy = TestDirectory()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/cp")
    process.arguments = ["-a", path, copy.path]
    try process.run()
    process.waitUntilExit()
    return copy
  }

  private static let root: String = {
    let root = NSTemporaryDirectory() + "martlet-store-\(getpid())"
    try? FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    atexit {
      try? FileManager.default.removeItem(
        atPath: NSTemporaryDirectory() + "martlet-store-\(getpid())")
    }
    return root
  }()
}
