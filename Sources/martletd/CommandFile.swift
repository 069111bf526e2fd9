import Foundation
import MartletServer
import Yams

/// A file that `--exec-commands` names: YAML, or JSON, which is YAML too. Each key is the name of a
/// command, its value the list of its program and arguments.
enum CommandFile {
  /// Throws `Settings.Problem` if it cannot be read or one of its commands makes no sense.
  static func commands(_ path: String) throws -> [CommandTemplate] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw Settings.Problem(
        description: "the file of exec's commands \(path) cannot be read; check its path")
    }
    let words: [String: [String]]
    do {
      words = try YAMLDecoder().decode([String: [String]].self, from: text)
    } catch {
      throw Settings.Problem(
        description: "the file of exec's commands \(path) makes no sense: "
          + "write a line such as `count: [/usr/bin/wc, -l, \"{file}\"]` for each command")
    }
    return try words.sorted { $0.key < $1.key }.map { name, words in
      do throws(CommandTemplate.Problem) {
        return try CommandTemplate(name: name, words: words)
      } catch {
        throw Settings.Problem(description: "the command \(name) in \(path) \(error)")
      }
    }
  }
}
