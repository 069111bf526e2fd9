internal import ArgumentParser
internal import Foundation
internal import MartletClient

struct DemoCommand: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Digest all files of a folder, and check the digests.",
    discussion: """
      Creates the pool `digests` with 4 slots, or uses the one that is there; submits a \
      `file.digest` task for each file in atomic batches; follows the event feed while they run; \
      then compares every digest with that of `sha256sum`. Files that cannot be read end as FAILED \
      tasks, and the summary says why. The server must allow the folder to `file.digest`.

      Exit code 0 only if everything is right: each task ended once, each digest is equal, and what \
      failed cannot be read by sha256sum either.

      EXAMPLES
        martlet demo
        martlet demo /usr/share/doc --limit 1000
        martlet demo /usr/share/doc --output json | jq .throughput
      """)

  @Argument(help: "The folder.", completion: .directory)
  var dir: String = "/usr/share/doc"

  @Option(
    help: .init("The pool.", valueName: "name"), completion: Completions.pools)
  var pool: String = "digests"

  @Option(help: .init("Slots of the pool, if it has to be created.", valueName: "n"))
  var slots: Int = 4

  @Option(help: .init("At most so many files.", valueName: "n"))
  var limit: Int?

  @Option(help: .init("Tasks in a batch, 1 to 10,000.", valueName: "n"))
  var batchSize: Int = 500

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard (1...10_000).contains(batchSize) else {
      throw ValidationError("--batch-size has to be 1 to 10,000")
    }
    if let limit, limit < 1 { throw ValidationError("--limit has to be 1 or more") }
  }

  func run(in session: Session) async throws {
    let files = try FileCollection.files(below: dir, limit: limit)
    guard !files.paths.isEmpty else {
      throw CommandFailure(
        .usage, "there are no files below \(files.root): name a folder that has some.")
    }
    try await preparePool(session)
    if session.format == .table {
      session.print("\(files.paths.count) files below \(files.root), pool \(pool)")
    }
    let run = DemoRun(session: session, pool: pool, batchSize: batchSize, paths: files.paths)
    let outcome = try await run.outcome()
    let reference = try ReferenceDigests.digests(of: files.paths)
    let report = DemoReport(
      files: files, outcome: outcome, comparison: DemoComparison(outcome, reference))
    switch session.format {
    case .json: session.print(report.json)
    case .table: session.print(report.text(style: session.style))
    }
    if let complaint = report.complaint {
      throw CommandFailure(.taskFailed, complaint)
    }
  }

  /// Creates the pool, or makes sure that the one that is there will start tasks.
  private func preparePool(_ session: Session) async throws {
    let known: API.Pool
    do {
      known = try await session.client.pools.create(pool, slots: slots).value
    } catch let error as MartletError where error.reason == .poolExists {
      known = try await session.client.pools.get(pool).value
    }
    guard known.state == .active else {
      throw CommandFailure(
        .refused,
        "the pool \(pool) is \(known.state.name): open it with `martlet pool resume \(pool)`, "
          + "or name another one with --pool.")
    }
  }
}
