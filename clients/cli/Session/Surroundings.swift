internal import Foundation

/// What the program finds around it: environment, streams, terminal. Tests put their own in place.
struct Surroundings: Sendable {
  var environment: [String: String]
  var output: any TextOutput
  var errors: any TextOutput
  /// Columns of the terminal that the output goes to; nil: it goes elsewhere.
  var outputWidth: Int?
  /// Columns of the terminal that the errors go to, progress bars among them; nil: elsewhere.
  var errorsWidth: Int?
  /// All of the standard input.
  var readInput: @Sendable () throws -> [UInt8]
  /// The wall clock, in seconds since 1970.
  var now: @Sendable () -> Double
  /// Lets time pass between the tries of a call.
  var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

  @TaskLocal static var current = Surroundings.process

  /// Those of this process.
  static var process: Surroundings {
    let environment = ProcessInfo.processInfo.environment
    return Surroundings(
      environment: environment,
      output: DescriptorOutput(descriptor: STDOUT_FILENO),
      errors: DescriptorOutput(descriptor: STDERR_FILENO),
      outputWidth: terminalWidth(STDOUT_FILENO, environment),
      errorsWidth: terminalWidth(STDERR_FILENO, environment),
      readInput: { Array(try FileHandle.standardInput.readToEnd() ?? Data()) },
      now: { Date().timeIntervalSince1970 })
  }

  var usesColours: Bool {
    outputWidth != nil && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  private static func terminalWidth(_ descriptor: Int32, _ environment: [String: String]) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    return environment["COLUMNS"].flatMap { Int($0) }.map { max(20, $0) } ?? 80
  }
}

/// Takes text.
protocol TextOutput: Sendable {
  func write(_ text: String)
  func write(bytes: [UInt8])
}

extension TextOutput {
  func write(_ text: String) { write(bytes: Array(text.utf8)) }
}

/// Writes to an open file. When nobody reads any more, as behind `| head`, the program ends.
struct DescriptorOutput: TextOutput {
  let descriptor: Int32

  func write(bytes: [UInt8]) {
    do {
      try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(
        contentsOf: Data(bytes))
    } catch {
      exit(ExitStatus.ok.rawValue)
    }
  }
}
