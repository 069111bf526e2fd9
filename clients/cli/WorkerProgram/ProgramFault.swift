internal import Foundation

/// Why a program could not be run at all.
enum ProgramFault: Error, CustomStringConvertible {
  /// A call of the system failed.
  case system(String, Int32)

  var description: String {
    switch self {
    case .system(let call, let number): "\(call): \(String(cString: strerror(number)))"
    }
  }
}

/// A program to run, found when the worker starts.
struct ProgramLine: Sendable, Equatable {
  /// Absolute.
  let path: String
  let arguments: [String]

  /// Throws if there is no such program, or it may not be run.
  init(_ words: [String], environment: [String: String]) throws(CommandFailure) {
    guard let name = words.first, !name.isEmpty else {
      throw CommandFailure(.usage, "no command is given: name it after `--`.")
    }
    arguments = Array(words.dropFirst())
    if name.contains("/") {
      guard Self.isProgram(name) else {
        throw CommandFailure(.usage, "\(name) is not a program that can be run.")
      }
      path = URL(fileURLWithPath: name).standardizedFileURL.path
      return
    }
    let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    guard let folder = folders.first(where: { Self.isProgram("\($0)/\(name)") }) else {
      throw CommandFailure(
        .usage, "there is no program `\(name)` in PATH: name it with its folder, such as ./\(name)."
      )
    }
    path = "\(folder)/\(name)"
  }

  private static func isProgram(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && access(path, X_OK) == 0
  }
}
