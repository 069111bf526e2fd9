internal import Foundation
internal import Subprocess
internal import SystemPackage

/// Runs one program to its end: input, output, and the end of everything that it started.
struct ProgramRun: Sendable {
  struct Outcome: Sendable {
    var status: TerminationStatus
    /// At most one byte more than the limit.
    var output: [UInt8]
    /// The end of what it wrote to the standard error.
    var errors: String
  }

  let program: ProgramLine
  let input: [UInt8]
  let environment: [String: String]
  let channel: ProgressChannel
  let leash: ProgramLeash
  let group: ProgramGroup
  let outputBytesMax: Int

  private static let errorBytesMax = 4_000

  /// Runs to the program's end, also if the caller's task is cancelled: `group` stops it.
  func outcome() async throws -> Outcome {
    var options = PlatformOptions()
    // A group of its own.
    options.processGroupID = 0
    var changes: [Subprocess.Environment.Key: String?] = [:]
    for (name, value) in environment {
      if let key = Subprocess.Environment.Key(rawValue: name) { changes[key] = value }
    }
    let words = [
      "-c", ProgramLeash.shellScript, "martlet", channel.path, leash.path, group.graceSeconds,
      program.path,
    ]
    let result = try await Subprocess.run(
      .path("/bin/sh"), arguments: Arguments(words + program.arguments),
      environment: .inherit.updating(changes), platformOptions: options,
      input: .inputWriter, output: .sequence, error: .sequence
    ) { execution in
      let process = execution.processIdentifier
      group.started(process.value)
      async let end: Void = waitForEnd(of: process.processDescriptor)
      async let fed: Void = feed(execution.standardInputWriter)
      async let errors = tail(of: execution.standardError)
      async let output = bytes(of: execution.standardOutput)
      await end
      await fed
      return try await (output, errors)
    }
    return Outcome(
      status: result.terminationStatus, output: result.closureResult.0,
      errors: result.closureResult.1)
  }

  /// A program need not read its input.
  private func feed(_ writer: StandardInputWriter) async {
    _ = try? await writer.write(input)
    try? await writer.finish()
  }

  /// What is left of the group then holds the streams open no longer.
  private func waitForEnd(of descriptor: Int32) async {
    await ProgramGroup.waitForEnd(descriptor)
    group.ended()
  }

  /// A program that writes more than is taken is killed.
  private func bytes(of stream: SubprocessOutputSequence) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await piece in stream {
      piece.withUnsafeBytes { bytes += $0.prefix(outputBytesMax + 1 - bytes.count) }
      if bytes.count > outputBytesMax { group.kill() }
    }
    return bytes
  }

  private func tail(of stream: SubprocessOutputSequence) async throws -> String {
    var tail = ByteTail(bytesMax: Self.errorBytesMax)
    for try await piece in stream { piece.withUnsafeBytes { tail.append($0) } }
    return tail.text
  }
}
