import Foundation
import MartletClient

/// What all experiments share: the server's program, a folder on the disk, the flush, how much to
/// measure. Used by one task.
final class Bench {
  let binary: String
  let directory: String
  let scale: Scale
  let wanted: Set<Row>
  let flush: FlushProbe
  private(set) var measurements: [Measurement] = []
  private var folders = 0

  init(binary: String, directory: String, scale: Scale, wanted: Set<Row>) throws {
    self.binary = binary
    self.directory = directory
    self.scale = scale
    self.wanted = wanted
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    flush = try FlushProbe(directory: directory)
  }

  func wants(_ rows: Row...) -> Bool { !wanted.isDisjoint(with: rows) }

  func record(_ measurement: Measurement) {
    if wanted.contains(measurement.row) { measurements.append(measurement) }
  }

  /// Runs `body` as often as a row is repeated, the disk's flush being timed before and after.
  func measure(_ title: String, runs: Int? = nil, _ body: () async throws -> Void) async throws {
    let runs = runs ?? scale.runs
    for run in 1...max(1, runs) {
      say(runs > 1 ? "\(title), run \(run) of \(runs)" : title)
      try flush.sample(scale.flushSamples)
      try await body()
    }
    try flush.sample(scale.flushSamples)
  }

  /// A folder for one server's data, new.
  func newDataDirectory() -> String {
    folders += 1
    return "\(directory)/data-\(folders)"
  }

  func start(_ dataDirectory: String, _ arguments: [String] = []) async throws -> ServerProcess {
    try await ServerProcess.start(
      binary: binary, dataDirectory: dataDirectory, arguments: arguments)
  }

  /// A server with a new data directory, for as long as `body` runs.
  func withServer(
    _ arguments: [String] = [], _ body: (ServerProcess, Client) async throws -> Void
  ) async throws {
    let data = newDataDirectory()
    let server = try await start(data, arguments)
    let client = try Client(server.address)
    do {
      try await body(server, client)
    } catch {
      await server.crash()
      throw error
    }
    await client.channel.close()
    await server.stop()
    try remove(data)
  }

  func remove(_ dataDirectory: String) throws {
    try FileManager.default.removeItem(atPath: dataDirectory)
  }

  func say(_ text: String) {
    FileHandle.standardError.write(Data("[load \(Machine.load)] \(text)\n".utf8))
  }
}
