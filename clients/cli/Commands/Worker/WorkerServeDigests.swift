internal import ArgumentParser
internal import Foundation
internal import MartletWorker

/// What `martlet demo --workers` starts: serves `file.digest` until its standard input ends.
struct WorkerServeDigests: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve-digests", abstract: "Serve file.digest below a folder.",
    shouldDisplay: false)

  @Option(help: "The only folder whose files may be read.") var root: String
  @Option(help: "A label.") var label: [LabelArgument] = []
  @Option(help: "Its name.") var name: String = "demo"
  @Option(help: "Slots.") var slots: Int = 4
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let digests = DigestHandler(root: root)
    var handlers = TaskHandlers()
    handlers.register(
      "file.digest",
      json: { (payload: FileDigestPayload, context) in
        try digests.digest(of: payload.path)
      })
    let worker = MartletWorker(
      handlers, of: session.client, name: name, slots: slots,
      configuration: .init(labels: label.dictionary))
    // Whoever started it has gone, or wants it to go.
    let input = FileHandle.standardInput
    input.readabilityHandler = { input in
      guard input.availableData.isEmpty else { return }
      input.readabilityHandler = nil
      worker.shutdown(grace: .zero)
    }
    try await worker.runUntilSignal()
  }
}
