// A worker for the bench: martlet-bench-worker ADDRESS SLOTS KIND...
// Ends with SIGTERM, having given back what it runs.
import Foundation
import MartletWorker

let words = CommandLine.arguments
guard words.count > 3, let slots = Int(words[2]) else {
  FileHandle.standardError.write(Data("usage: martlet-bench-worker ADDRESS SLOTS KIND...\n".utf8))
  exit(2)
}

var handlers = TaskHandlers()
for kind in words[3...] {
  switch kind {
  case "bench.nothing": handlers.register(kind) { _ in TaskContent() }
  case "bench.hold":
    handlers.register(kind) { _ in
      try await Task.sleep(for: .seconds(86_400))
      return TaskContent()
    }
  default:
    FileHandle.standardError.write(Data("\(kind) is not known\n".utf8))
    exit(2)
  }
}

var configuration = MartletWorker.Configuration()
configuration.grace = .zero
let worker = MartletWorker(
  handlers, of: try MartletClient(target: words[1]), name: "bench", slots: slots,
  configuration: configuration)
try await worker.runUntilSignal()
