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

      With --workers the tasks run in worker processes that the demo starts, 4 slots each. Midway \
      one of them is killed (SIGKILL), and not replaced: what it had is lost with its leases, 10 s \
      later, and run again by the others.

      EXAMPLES
        martlet demo
        martlet demo --workers 3
        martlet demo /usr/share/doc --limit 1000
        martlet demo /usr/share/doc --output json | jq .throughput
      """)

  @Argument(help: "The folder.", completion: .directory)
  var dir: String = "/usr/share/doc"

  @Option(
    help: .init("The pool.", valueName: "name"), completion: Completions.pools)
  var pool: String = "digests"

  @Option(
    help: .init(
      "Slots of the pool, if it has to be created; 4 by default, with workers 4 for each.",
      valueName: "n"))
  var slots: Int?

  @Option(help: .init("At most so many files.", valueName: "n"))
  var limit: Int?

  @Option(help: .init("Tasks in a batch, 1 to 10,000.", valueName: "n"))
  var batchSize: Int = 500

  @Option(
    help: .init("Run the tasks in so many worker processes, 2 to 100.", valueName: "n"))
  var workers: Int?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if let workers, !(2...100).contains(workers) {
      throw ValidationError("--workers has to be 2 to 100, since one of them is killed")
    }
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
    let outcome = try await outcome(of: files, session)
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

  /// Runs the demo, on workers if that is asked for.
  private func outcome(
    of files: FileCollection, _ session: Session
  ) async throws -> DemoRun.Outcome {
    let name = RunName.random()
    let fleet = try workers.map {
      try DemoFleet(
        count: $0, name: name, root: files.root, server: session.client.target)
    }
    defer { fleet?.stop() }
    return try await DemoRun(
      session: session, pool: pool, batchSize: batchSize, paths: files.paths, name: name,
      fleet: fleet
    ).outcome()
  }

  /// Creates the pool, or makes sure that the one that is there will start tasks.
  private func preparePool(_ session: Session) async throws {
    let known: API.Pool
    let slots = slots ?? DemoFleet.slots * (workers ?? 1)
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
