import Foundation
import MartletFakes
import Synchronization

@testable import martlet

/// Runs command lines in surroundings of their own, against a fake server.
final class CommandWorld: Sendable {
  let server: FakeServer
  let folder: String

  var node: FakeNode { server.node }

  struct Ran {
    var status: ExitStatus
    var output: String
    var errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  final class Collector: TextOutput, Sendable {
    private let bytes = Mutex<[UInt8]>([])
    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
    func write(bytes more: [UInt8]) { bytes.withLock { $0 += more } }
  }

  private init(server: FakeServer, folder: String) {
    self.server = server
    self.folder = folder
  }

  static func with(
    _ node: FakeNode = FakeNode(), _ body: @Sendable (CommandWorld) async throws -> Void
  ) async throws {
    let folder = "\(NSTemporaryDirectory())martlet-cli-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await FakeServer.with(node) { server in
      try await body(CommandWorld(server: server, folder: folder))
    }
  }

  /// Runs `martlet` with these arguments; the server is in the environment.
  func run(
    _ arguments: String..., input: String = "", width: Int? = nil,
    environment: [String: String] = [:]
  ) async -> Ran {
    var variables = ["MARTLET_SERVER": server.target, "XDG_STATE_HOME": folder]
    variables.merge(environment) { $1 }
    return await Self.run(arguments, input: input, width: width, environment: variables)
  }

  static func run(
    _ arguments: [String], input: String = "", width: Int? = nil,
    environment: [String: String] = [:]
  ) async -> Ran {
    let output = Collector()
    let errors = Collector()
    let surroundings = Surroundings(
      environment: environment, output: output, errors: errors, outputWidth: width,
      errorsWidth: nil, readInput: { Array(input.utf8) }, now: { 1_700_000_060 },
      pause: { _ in await Task.yield() })
    let status = await Surroundings.$current.withValue(surroundings) {
      await Program.run(arguments)
    }
    return Ran(status: status, output: output.text, errors: errors.text)
  }

  /// Writes a file below the world's folder.
  func file(_ name: String, _ content: String) throws -> String {
    let path = "\(folder)/\(name)"
    try Data(content.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }
}
