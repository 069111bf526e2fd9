import Foundation

/// The files of the project, as they are on the disk.
enum Repository {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// What is written by hand in Swift: the product, and the tests.
  static let sources = swiftFiles(below: "Sources") + swiftFiles(below: "clients")
  static let tests = swiftFiles(below: "Tests")

  static func text(of path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// Paths from the root of the files below a folder with one of these extensions, sorted. What is
  /// generated or built is left out.
  static func paths(below folder: String, extensions: Set<String>) -> [String] {
    let all = FileManager.default.enumerator(
      at: root.appending(path: folder), includingPropertiesForKeys: [.isRegularFileKey])
    var found: [String] = []
    while let file = all?.nextObject() as? URL {
      let isFile = try? file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile
      guard isFile == true, extensions.contains(file.pathExtension) else { continue }
      let parts = file.standardizedFileURL.pathComponents
        .dropFirst(root.standardizedFileURL.pathComponents.count)
      if !parts.contains(where: isMade) { found.append(parts.joined(separator: "/")) }
    }
    return found.sorted()
  }

  private static func isMade(_ part: String) -> Bool {
    part.lowercased() == "generated" || part.hasPrefix(".") || part == "__pycache__"
  }

  private static func swiftFiles(below folder: String) -> [SourceFile] {
    paths(below: folder, extensions: ["swift"]).map { path in
      SourceFile(path: path, text: (try? text(of: path)) ?? "")
    }
  }
}
