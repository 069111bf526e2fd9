import ArgumentParser
import Foundation
import Glibc

@main
struct MartletBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "martlet-bench",
    abstract: "Measure a Martlet server: rates, latencies, memory, restart.",
    discussion: """
      Starts the given martletd on a free port of 127.0.0.1, with its data in a folder of its own \
      that is removed afterwards, and measures it with the project's own client. What each row \
      means is in docs/benchmarks.md.
      """)

  @Option(help: "The martletd to measure, built for release.")
  var server: String

  @Option(help: "A new folder for the servers' data, on the disk to measure.")
  var dataDir = "./.martlet-bench"

  @Option(help: "The file that the values are written to, as JSON.")
  var output = "bench.json"

  @Option(
    help: "Measure these rows alone: names of the table, separated by commas.",
    transform: Self.rows)
  var only: Set<Row> = Set(Row.allCases)

  @Option(help: "Runs of each row that is repeated; the median counts. 3, or 1 with --short.")
  var runs: Int?

  @Flag(help: "Measure very little, to see that everything works. Judges nothing.")
  var short = false

  func run() async throws {
    let binary = URL(fileURLWithPath: server).path
    guard access(binary, X_OK) == 0 else { throw BenchProblem("there is no program \(server)") }
    let directory = URL(fileURLWithPath: dataDir).path
    guard !FileManager.default.fileExists(atPath: directory) else {
      throw BenchProblem("\(dataDir) exists: remove it, or choose another folder with --data-dir")
    }
    Machine.allowManyFiles()
    let cleanUp = CleanUp(directory: directory)
    defer { cleanUp.run() }
    let bench = try Bench(binary: binary, directory: directory, scale: scale, wanted: only)
    let machine = Machine(directory: directory)
    try machine.checkDisk(isShort: short)
    try await bench.runAll()
    let report = Report(
      machine: machine, flush: bench.flush, measurements: bench.measurements, judges: !short)
    print(report.text)
    try report.json().write(to: URL(fileURLWithPath: output))
  }

  private var scale: Scale {
    var scale = short ? Scale.short : .full
    if let runs { scale.runs = max(1, runs) }
    return scale
  }

  private static func rows(_ text: String) throws -> Set<Row> {
    Set(
      try text.split(separator: ",").map { name in
        guard let row = Row(rawValue: String(name)) else {
          let all = Row.allCases.map(\.rawValue).joined(separator: ", ")
          throw ValidationError("There is no row \(name). There are: \(all).")
        }
        return row
      })
  }
}

/// Leaves no server and no data behind, also when a signal ends the bench.
private final class CleanUp {
  private let directory: String
  private let sources: [any DispatchSourceSignal]

  init(directory: String) {
    self.directory = directory
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        Self.clean(directory)
        _exit(128 + number)
      }
      source.resume()
      return source
    }
  }

  func run() { Self.clean(directory) }

  private static func clean(_ directory: String) {
    ChildProcess.killAll()
    try? FileManager.default.removeItem(atPath: directory)
  }
}
