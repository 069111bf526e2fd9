internal import ArgumentParser
internal import Foundation

/// Where the program starts.
@main
enum Program {
  static func main() async {
    let status = await run(Array(CommandLine.arguments.dropFirst()))
    exit(status.rawValue)
  }

  /// Runs one command line in the current surroundings.
  static func run(_ arguments: [String]) async -> ExitStatus {
    let surroundings = Surroundings.current
    do {
      let arguments = GlobalOptions.movedBehindCommand(arguments)
      var command = try await Martlet.asyncParseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return .ok
    } catch let status as ExitStatus {
      return status
    } catch {
      return report(error, to: surroundings)
    }
  }

  private static func report(_ error: any Error, to surroundings: Surroundings) -> ExitStatus {
    if let failure = CommandFailure(error) {
      surroundings.errors.write("martlet: \(failure.sentence)\n")
      return failure.status
    }
    // What is left comes from the argument parser: help that was asked for, or a usage error.
    if Martlet.exitCode(for: error) == .success {
      let columns = surroundings.outputWidth.map { min($0, 100) } ?? 100
      surroundings.output.write(Martlet.fullMessage(for: error, columns: columns) + "\n")
      return .ok
    }
    surroundings.errors.write("martlet: \(usageSentence(error))\n")
    return .usage
  }

  /// The parser's message, made one sentence, and where to read on.
  private static func usageSentence(_ error: any Error) -> String {
    let lines = Martlet.message(for: error).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    let choices = lines.filter { $0.hasPrefix("- ") }.map { $0.dropFirst(2) }
    let words = lines.filter { !$0.hasPrefix("- ") }.joined(separator: " ")
      .replacing(". Please provide one of the following:", with: "; it has to be one of")
    let message = choices.isEmpty ? words : "\(words) \(choices.joined(separator: ", "))"
    let hint = Martlet.fullMessage(for: error).split(whereSeparator: \.isNewline)
      .compactMap { $0.firstMatch(of: /See '(.+ --help)'/)?.output.1 }.first
    let text = message.hasSuffix(".") ? String(message.dropLast()) : message
    return "\(text.lowercasedFirst); see `\(hint ?? "martlet --help")`."
  }
}

extension String {
  /// With a small first letter, unless the word is all capitals.
  var lowercasedFirst: String {
    guard let first, dropFirst().first?.isUppercase != true else { return self }
    return first.lowercased() + dropFirst()
  }
}
