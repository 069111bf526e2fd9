internal import Foundation

/// The task that this user submitted last, for `@last`: one line in a file below the user's state
/// folder.
struct LastTask: Sendable {
  let file: String

  init(environment: [String: String]) {
    let home = environment["HOME"] ?? NSHomeDirectory()
    let state =
      environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? "\(home)/.local/state"
    file = "\(state)/martlet/last-task"
  }

  /// What an argument means: `@last`, or an id as it is.
  func resolve(_ argument: String) throws -> String {
    guard argument == "@last" else { return argument }
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw CommandFailure(
        .notFound, "@last is not known yet: submit a task first with `martlet task submit`.")
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Remembers a task. Done only for convenience: that it cannot be written is no failure.
  func remember(_ id: String) {
    let folder = (file as NSString).deletingLastPathComponent
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    try? "\(id)\n".write(toFile: file, atomically: true, encoding: .utf8)
  }
}
