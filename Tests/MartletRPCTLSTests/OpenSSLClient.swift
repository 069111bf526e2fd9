import Foundation
import MartletRPCTLS

/// `openssl s_client`: a client of TLS that we did not write.
enum OpenSSLClient {
  struct Outcome: Sendable {
    /// What it says; with `-quiet`, what came from the server.
    var output: String
    var errors: String
    var hasSucceeded: Bool
  }

  /// Connects to a port of the loopback and returns when it has ended: by itself after the
  /// handshake, or, if it `waits`, when the server ends the connection.
  static func run(port: Int, _ arguments: [String], waits: Bool = false) async throws -> Outcome {
    let process = Process()
    let output = Pipe()
    let errors = Pipe()
    let input = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["openssl", "s_client", "-connect", "127.0.0.1:\(port)"] + arguments
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = input
    try process.run()
    if !waits { try input.fileHandleForWriting.close() }
    return await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        // Few enough not to fill the pipe.
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        let words = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        if waits { try? input.fileHandleForWriting.close() }
        continuation.resume(
          returning: Outcome(
            output: String(decoding: bytes, as: UTF8.self),
            errors: String(decoding: words, as: UTF8.self),
            hasSucceeded: process.terminationStatus == 0))
      }
    }
  }
}

/// `openssl s_server` on a free port of the loopback: a server of TLS, and of nothing else.
final class OpenSSLServer {
  private let process = Process()
  private let input = Pipe()
  let port: Int

  struct DidNotStart: Error {}

  init(_ identity: TLSIdentity, _ arguments: [String]) throws {
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", identity.certificateFile, "-key"]
      + [identity.keyFile] + arguments
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    // ACCEPT 127.0.0.1:12345
    var text = ""
    while !text.contains("\n") || text.split(separator: "\n").last?.hasPrefix("ACCEPT") != true {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw DidNotStart() }
      text += String(decoding: data, as: UTF8.self)
    }
    let number = text.split(separator: "\n").last?.split(separator: ":").last
    guard let port = number.flatMap({ Int($0) }) else { throw DidNotStart() }
    self.port = port
  }

  func stop() {
    // Harder than SIGTERM, which a thread that starts a process may have blocked.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
