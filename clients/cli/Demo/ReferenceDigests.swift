internal import Foundation

/// The digests of files as the program `sha256sum` gives them.
enum ReferenceDigests {
  /// Bytes of names that one run is given, well below what an argument list may have.
  private static let argumentBytesMax = 100_000

  /// By path; files that it cannot read are not there.
  static func digests(of paths: [String]) throws -> [String: String] {
    var digests: [String: String] = [:]
    for chunk in chunks(of: paths) {
      for (path, digest) in records(in: try output(for: chunk)) { digests[path] = digest }
    }
    return digests
  }

  static func chunks(of paths: [String], bytesMax: Int = argumentBytesMax) -> [ArraySlice<String>] {
    var chunks: [ArraySlice<String>] = []
    var start = 0
    var bytes = 0
    for (index, path) in paths.enumerated() {
      if index > start, bytes + path.utf8.count > bytesMax {
        chunks.append(paths[start..<index])
        start = index
        bytes = 0
      }
      bytes += path.utf8.count + 1
    }
    if start < paths.count { chunks.append(paths[start...]) }
    return chunks
  }

  /// Reads `DIGEST  PATH` records that end in NUL. With `--zero` nothing in a path is escaped, so a
  /// path may hold line feeds and backslashes.
  static func records(in output: [UInt8]) -> [(path: String, digest: String)] {
    output.split(separator: 0).compactMap { record in
      guard record.count > 66 else { return nil }
      let digest = String(decoding: record.prefix(64), as: UTF8.self)
      return (String(decoding: record.dropFirst(66), as: UTF8.self), digest)
    }
  }

  private static func output(for paths: ArraySlice<String>) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["sha256sum", "--zero", "--"] + paths
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
      let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      // 1: it could not read some of them, which is for the comparison to judge.
      guard process.terminationReason == .exit, process.terminationStatus <= 1 else {
        throw CommandFailure(.other, missing)
      }
      return Array(output)
    } catch is CocoaError {
      throw CommandFailure(.other, missing)
    }
  }

  private static let missing =
    "the program sha256sum cannot be run: install it (Debian package coreutils)."
}
